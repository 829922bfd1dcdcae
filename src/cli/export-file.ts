import {
  appendFileSync,
  chmodSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';

/** How far an export has come: everything that is needed to go on where it stopped. */
export interface Checkpoint {
  /** Digest of what was asked for, so that nothing else is gone on with. */
  readonly question: string;
  /** The cursor of the page that comes next. */
  readonly nextToken: string;
  readonly profiles: number;
  /** Bytes of the file that are whole pages. */
  readonly bytes: number;
  /** Of a CSV file. */
  readonly columns: readonly string[];
  /** As far as Amperity tells. */
  readonly total?: number;
}

/**
 * The file that an export writes, and beside it `<file>.resume`, which is there as long as the file is not complete.
 * A page is written before the checkpoint, and what is in the file beyond the checkpoint is cut off when it is gone on
 * with: no page is ever there twice or in part.
 */
export class ExportFile {
  readonly #path: string;
  readonly #resumePath: string;

  constructor(path: string) {
    this.#path = path;
    this.#resumePath = `${path}.resume`;
  }

  exists(): boolean {
    return existsSync(this.#path) || existsSync(this.#resumePath);
  }

  /** `complete`: nothing is left to be done. `lost`: something is, but nobody knows where to go on. */
  checkpoint(): Checkpoint | 'complete' | 'lost' {
    if (!existsSync(this.#resumePath)) return 'complete';
    try {
      const checkpoint: Checkpoint = JSON.parse(readFileSync(this.#resumePath, 'utf8'));
      return statSync(this.#path).size >= checkpoint.bytes ? checkpoint : 'lost';
    } catch {
      return 'lost';
    }
  }

  /** Empty, readable by the owner alone: it will hold personal data. */
  begin(): void {
    writeFileSync(this.#resumePath, '', { mode: 0o600 });
    writeFileSync(this.#path, '');
    chmodSync(this.#path, 0o600);
  }

  goOn({ bytes }: Checkpoint): void {
    truncateSync(this.#path, bytes);
  }

  append(page: string | Buffer): void {
    appendFileSync(this.#path, page, { flush: true });
  }

  keep(checkpoint: Checkpoint): void {
    const half = `${this.#resumePath}.new`;
    writeFileSync(half, JSON.stringify(checkpoint), { mode: 0o600 });
    renameSync(half, this.#resumePath);
  }

  complete(): void {
    rmSync(this.#resumePath, { force: true });
  }
}
