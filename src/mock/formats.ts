import { Buffer } from 'node:buffer';
import type { Dice } from './dice.js';

const names = ['ada', 'ben', 'cleo', 'dan', 'eve', 'finn'];
const words = ['amber', 'birch', 'copper', 'dune', 'ember', 'fern', 'glade', 'harbor', 'iris', 'juniper'];
const year2024Ms = Date.UTC(2024, 0, 1);
const yearMs = 365 * 24 * 3_600_000;

/** Texts of a format that people recognise, the usual form first. A name that is not here has its pattern alone. */
export function drawFormat(format: string, dice: Dice): readonly string[] {
  const moment = new Date(year2024Ms + Math.floor(dice.unit() * yearMs)).toISOString();
  const [date = '', time = ''] = moment.slice(0, -1).split('T');
  const hex = dice.uuid().replaceAll('-', '');
  switch (format) {
    case 'uuid':
      return [dice.uuid()];
    case 'email':
      return [`${dice.pick(names)}@example.org`];
    case 'hostname':
      return [`${dice.pick(words)}.example.org`];
    case 'uri':
      return [`https://${dice.pick(words)}.example.org/`];
    case 'date-time':
      return [moment, `${moment.slice(0, 19)}Z`, `${moment.slice(0, 16)}Z`, `${date}T${time}`, `${date}T${time}+00:00`];
    case 'date':
      return [date];
    case 'time':
      return [time.slice(0, 8), time, `${time.slice(0, 8)}Z`];
    case 'duration':
      return [`PT${dice.between(1, 59)}M`, `P${dice.between(1, 30)}D`];
    // Addresses of the blocks that are set aside for documentation (RFC 5737, RFC 3849).
    case 'ipv4':
      return [`192.0.2.${dice.between(1, 254)}`];
    case 'ipv6':
      return [`2001:db8::${dice.between(1, 65_535).toString(16)}`];
    case 'cidrv4':
      return ['192.0.2.0/24'];
    case 'cidrv6':
      return ['2001:db8::/32'];
    case 'base64':
    case 'base64url':
      return [Buffer.from(hex.slice(0, 24), 'hex').toString(format)];
    case 'jwt':
      return [
        ['{"alg":"HS256","typ":"JWT"}', '{}', hex].map((part) => Buffer.from(part).toString('base64url')).join('.'),
      ];
    case 'json-string':
      return ['{}'];
    case 'emoji':
      return ['🫖'];
    default:
      return [];
  }
}

/** Words of at least `minLength` characters, cut to `maxLength`. */
export function drawWords(minLength: number, maxLength: number, dice: Dice): string {
  let text: string = dice.pick(words);
  while (text.length < minLength) text += ` ${dice.pick(words)}`;
  return text.slice(0, maxLength);
}
