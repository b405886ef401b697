import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';

/** Linux counts processor time in hundredths of a second. */
const tickUs = 10_000;

export const cores = cpus().length;
/** As '2 cores, Intel(R) Xeon(R) Processor'. */
export const machineClass = `${cores} cores, ${cpus()[0]?.model ?? 'unknown processor'}`;

/**
 * What all programs of this machine have used so far, and what others have taken from it. Handling of interrupts is
 * left out: it is no process's, and where all talk over loopback it is done for those that are measured. Undefined
 * where there is no /proc.
 */
export function machineCpuUs(): number | undefined {
  const [, user, nice, system, , , , , steal] = fieldsOf('/proc/stat') ?? [];
  return user === undefined
    ? undefined
    : [user, nice, system, steal].reduce((sum, ticks) => sum + Number(ticks), 0) * tickUs;
}

/** Processor time of a process and its threads so far. */
export function processCpuUs(pid: number): number | undefined {
  // The name, which may have spaces, is in parentheses.
  const fields = fieldsOf(`/proc/${pid}/stat`, /^.*\) /);
  return fields && (Number(fields[11]) + Number(fields[12])) * tickUs;
}

function fieldsOf(file: string, without = /^$/): string[] | undefined {
  try {
    return readFileSync(file, 'utf8').split('\n', 1)[0]?.replace(without, '').split(/\s+/);
  } catch {
    return undefined;
  }
}
