/** Reads `text/event-stream` (WHATWG HTML, section 9.2.6, "Interpreting an event stream"). */

export interface ServerSentEvent {
  /** `message` when the stream names none. */
  readonly type: string;
  readonly data: string;
}

/** An event is larger than it may be. */
export class EventTooLarge extends Error {
  override readonly name = 'EventTooLarge';
}

/** Gives each event that is closed by an empty line, comments and events without data left out; throws `EventTooLarge`. */
export async function* readEventStream(
  chunks: AsyncIterable<Uint8Array>,
  eventLengthMax: number,
): AsyncGenerator<ServerSentEvent, void, void> {
  let type = '';
  let data: string[] = [];
  let length = 0;
  for await (const line of readLines(chunks, eventLengthMax)) {
    if (line === '') {
      if (data.length > 0) yield { type: type || 'message', data: data.join('\n') };
      [type, data, length] = ['', [], 0];
      continue;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + (line[colon + 1] === ' ' ? 2 : 1));
    if (field === 'event') type = value;
    if (field !== 'data') continue;
    data.push(value);
    length += value.length + 1;
    if (length > eventLengthMax) throw new EventTooLarge();
  }
}

/** Lines end with CR LF, LF or CR. What follows the last of them is no line. */
async function* readLines(chunks: AsyncIterable<Uint8Array>, lengthMax: number): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  // Kept in pieces, so that a line that drips is not copied with every drop.
  let pieces: string[] = [];
  let length = 0;
  let isAfterReturn = false;
  for await (const chunk of chunks) {
    let text = decoder.decode(chunk, { stream: true });
    if (text === '') continue;
    if (isAfterReturn && text.startsWith('\n')) text = text.slice(1);
    isAfterReturn = text === '' ? false : text.endsWith('\r');
    const lines = text.split(/\r\n|\n|\r/);
    for (const [index, line] of lines.entries()) {
      if (index > 0) {
        yield pieces.join('');
        [pieces, length] = [[], 0];
      }
      pieces.push(line);
      length += line.length;
      if (length > lengthMax) throw new EventTooLarge();
    }
  }
}
