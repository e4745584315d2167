/** Reads the parts of a multipart message while it comes in (RFC 2046, section 5.1.1). */

/** A part is larger than it may be. */
export class PartTooLarge extends Error {
  override readonly name = 'PartTooLarge';
}

/** The boundary that a content type names; `null` when it is no multipart type, or names none. */
export function boundaryOf(contentType: string): string | null {
  const [, quoted, plain] = /^multipart\/mixed\b.*;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType) ?? [];
  return quoted ?? plain ?? null;
}

/**
 * The body of each part as text, as soon as the delimiter behind it has come. Ends at the closing delimiter and gives
 * whether there was one. Throws `PartTooLarge`.
 */
export async function* readParts(
  chunks: AsyncIterable<Uint8Array>,
  { boundary, partBytesMax }: { readonly boundary: string; readonly partBytesMax: number },
): AsyncGenerator<string, boolean, void> {
  const delimiter = Buffer.from(`\r\n--${boundary}`);
  const section = new Section(delimiter);
  // The first delimiter may open the message.
  section.add(Buffer.from('\r\n'));
  let isPreamble = true;
  for await (const chunk of chunks) {
    section.add(Buffer.from(chunk));
    for (let bytes = section.take(); bytes !== null; bytes = section.take()) {
      const text = bytes.toString();
      if (!isPreamble && text.startsWith('--')) return true;
      const head = text.indexOf('\r\n\r\n');
      if (!isPreamble && head >= 0) yield text.slice(head + 4);
      isPreamble = false;
    }
    if (section.size > partBytesMax) throw new PartTooLarge();
    if (!isPreamble && section.startsWith('--')) return true;
  }
  return false;
}

/** What came since the last delimiter. It is searched once, in whatever pieces it came. */
class Section {
  readonly #delimiter: Buffer;
  #pieces: Buffer[] = [];
  #size = 0;
  /** The pieces up to here hold no delimiter, nor the start of one. */
  #searched = 0;

  constructor(delimiter: Buffer) {
    this.#delimiter = delimiter;
  }

  get size(): number {
    return this.#size;
  }

  add(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
  }

  startsWith(text: string): boolean {
    let start = '';
    for (const piece of this.#pieces) {
      start += piece.subarray(0, text.length).toString('latin1');
      if (start.length >= text.length) break;
    }
    return start.startsWith(text);
  }

  /** The section, where its delimiter has come; what is behind that begins the next one. */
  take(): Buffer | null {
    const from = this.#pieces.length;
    let [first, start] = [from, this.#size];
    // Back to the piece in which a delimiter that ends in what is new may begin.
    while (first > 0 && start > this.#searched) start -= this.#pieces[--first]?.length ?? 0;
    const window = Buffer.concat(this.#pieces.slice(first));
    const at = window.indexOf(this.#delimiter, Math.max(0, this.#searched - start));
    if (at < 0) {
      this.#searched = Math.max(0, this.#size - this.#delimiter.length + 1);
      return null;
    }
    const section = Buffer.concat([...this.#pieces.slice(0, first), window.subarray(0, at)]);
    const rest = window.subarray(at + this.#delimiter.length);
    [this.#pieces, this.#size, this.#searched] = [[rest], rest.length, 0];
    return section;
  }
}
