/** What Samovar writes its log through: pino, or anything with its first four methods. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

const nothing = (): void => undefined;

/** The default: a library writes to no stream unless it is given one. */
export const silentLog: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
