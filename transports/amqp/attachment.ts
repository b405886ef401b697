import type { Link } from './link.js';

/** Something that lives on the consume connection and has to come back on each new one. */
export interface Attachment {
  /** Rejects if the link is gone or the broker fails for now: then all is tried again on the next link. */
  attach(link: Link): Promise<void>;
}
