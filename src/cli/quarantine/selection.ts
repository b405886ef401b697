import { InvalidArgumentError, type Command } from 'commander';
import type { QuarantineSelection } from '../../core/quarantine.js';
import { parseDuration } from '../call/duration.js';

export interface SelectionOptions {
  readonly id?: readonly string[];
  readonly action?: readonly string[];
  readonly reason?: string;
  readonly olderThan?: number;
}

export type Selection = QuarantineSelection;

export function addSelectionOptions(command: Command): Command {
  return command
    .option('--id <id>', 'only the request with this id; repeatable', collected)
    .option('--action <name>', 'only requests for this action; repeatable', collected)
    .option('--reason <text>', 'only where the reason contains this text')
    .option('--older-than <duration>', 'only what was first seen longer ago: 30s, 5m, 12h', duration);
}

export function selectionOf({ id, action, reason, olderThan }: SelectionOptions): Selection {
  return {
    ...(id && { ids: id }),
    ...(action && { actions: action }),
    ...(reason !== undefined && { reason }),
    ...(olderThan !== undefined && { olderThanMs: olderThan }),
  };
}

export function collected(value: string, before: readonly string[] | undefined): readonly string[] {
  return [...(before ?? []), value];
}

function duration(text: string): number {
  const ms = parseDuration(text);
  if (ms === undefined) throw new InvalidArgumentError('Expected a duration such as 30s, 5m or 12h.');
  return ms;
}
