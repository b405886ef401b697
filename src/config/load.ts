import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { virtualHostsOf } from './complete.js';
import { ConfigurationError } from './configuration-error.js';
import { inconsistencies } from './consistency.js';
import { findConfiguration } from './find.js';
import { givenHandlers } from './given-handlers.js';
import { configurationOfUrl } from './of-url.js';
import { parseYaml } from './parse.js';
import { pathText, type Path } from './places.js';
import { problemTexts, schemaProblems } from './problems.js';
import { fileSchema, ignoredKeys } from './schema.js';
import type { Configuration, VirtualHost } from './settings.js';
import type { ConfigurationSources } from './sources.js';
import { othersMayRead, reasonOf, substitute } from './substitute.js';

/** Reads, checks and completes a configuration. @throws ConfigurationError with everything that is wrong. */
export async function loadConfiguration(sources: ConfigurationSources): Promise<Configuration> {
  const configuration =
    sources.url === undefined ? await configurationOfFile(sources) : configurationOfUrl(sources.url, sources);
  const given = sources.addresses ?? [];
  return {
    ...configuration,
    virtualHosts: configuration.virtualHosts.map((host) => ({
      ...host,
      addresses: eachOnce(given, host.addresses),
      mock: sources.mock === true || host.mock,
    })),
  };
}

async function configurationOfFile(sources: ConfigurationSources): Promise<Configuration> {
  const file = await findConfiguration(sources.config, sources);
  const { value: written, places } = parseYaml(file, await textOf(file));
  const folder = dirname(file);
  const substituted = await substitute(written, { folder, env: sources.env });
  const parsed = fileSchema.safeParse(substituted.value);
  const problems = [
    ...substituted.problems,
    ...[...schemaProblems(parsed.error?.issues ?? [], written), ...inconsistencies(substituted.value)].filter(
      ({ path }) => !substituted.problems.some((known) => isWithin(path, known.path)),
    ),
  ];
  if (!parsed.success || problems.length > 0) throw new ConfigurationError(problemTexts(problems, places));

  const handlers = givenHandlers(sources);
  const virtualHosts = virtualHostsOf(parsed.data, {
    folder,
    handlers,
    locate: (path) => places.text(places.ofValue(path)),
  });
  const warnings = [
    ...Object.keys(ignoredKeys)
      .filter((key) => key in parsed.data)
      .map((key) => `${places.text(places.ofKey([key]))}: ${key} has no effect here`),
    ...virtualHosts
      .filter(({ exchanges }) => exchanges?.size === 0)
      .map(({ name }) => (parsed.data.transport === 'sqs' ? ['sqs', 'actions'] : ['virtual_hosts', name, 'exchanges']))
      .map((path) => `${places.text(places.ofKey(path))}: ${pathText(path)} is empty: no action is answered`),
    ...virtualHosts
      .filter((host) => sources.handlers && host.handlers !== handlers)
      .map(({ name }) => `--handlers has no effect on ${name}: the file names its handlers`),
    ...substituted.warnings.map(({ path, text }) => `${places.text(places.ofValue(path))}: ${pathText(path)}: ${text}`),
    ...(substituted.plainSecrets.length > 0 && (await othersMayRead(file))
      ? [
          `${file} can be read by everybody and holds ${substituted.plainSecrets.map(pathText).join(', ')}; chmod o-r it`,
        ]
      : []),
  ];
  return { file, virtualHosts, logLevel: parsed.data.log_level ?? 'info', warnings };
}

/** What is named, or what is configured where nothing is. */
function eachOnce(given: readonly string[], configured: VirtualHost['addresses']): VirtualHost['addresses'] {
  const [first = configured[0], ...more] = new Set(given.length > 0 ? given : configured);
  return [first, ...more];
}

async function textOf(file: string): Promise<string> {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (error) {
    const got = error instanceof TypeError ? `${file}, which is not UTF-8` : reasonOf(error, file);
    throw new ConfigurationError(`expected a configuration file, got ${got}`, { cause: error });
  }
}

function isWithin(path: Path, outer: Path): boolean {
  return outer.every((part, index) => path[index] === part);
}
