/** Where a configuration comes from: a file that is named or found, or a URL that needs none. */
export interface ConfigurationSources {
  readonly config?: string | undefined;
  readonly url?: string | undefined;
  /** Node addresses, instead of those that are configured. */
  readonly addresses?: readonly string[] | undefined;
  /** Handler modules, where the file names none. */
  readonly handlers?: readonly string[] | undefined;
  readonly mock?: boolean | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
}
