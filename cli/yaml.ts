/**
 * YAML with places: every value can be asked where in the file it stands. The only file that names the YAML library,
 * and where its complaints become `CONFIG_INVALID`.
 */
import {
  type Document,
  LineCounter,
  type Node,
  type YAMLError,
  isCollection,
  isMap,
  isNode,
  isScalar,
  isSeq,
  parseDocument,
  visit,
} from 'yaml';

import { type SourceLocation, WeftError, frameOf, messageOf } from '../mesh/core/error.ts';

/** Keys and positions from the root to a value. */
export type YamlPath = readonly (string | number)[];

/** A text value as it stands in the file, handed to `replace`. */
export interface YamlText {
  readonly text: string;
  readonly path: YamlPath;
  /** Written without quotes, so that YAML would read `17` as a number. */
  readonly plain: boolean;
  readonly at: SourceLocation;
}

export interface YamlFile {
  /** The content as plain values; `null` when the file is empty. */
  readonly value: unknown;
  /** Where the value at a path stands, or the nearest thing around it that exists. `'key'`: where its key does. */
  placeOf(path: YamlPath, part?: 'key' | 'value'): SourceLocation;
  /** The value at a path as it is written: never what an environment variable put in its place. */
  sourceOf(path: YamlPath): string;
}

export interface YamlOptions {
  /** Name of the file in messages. */
  readonly file: string;
  /** What stands in place of a text; called once for each text value, never for a key. */
  readonly replace: (text: YamlText) => string | number | boolean;
}

/** Reads one YAML 1.2 document, its keys as they are written. Throws `CONFIG_INVALID` at the first place that is no YAML, or that has a key twice. */
export function parseYaml(source: string, { file, replace }: YamlOptions): YamlFile {
  const lineCounter = new LineCounter();
  const document = parseDocument(source, { lineCounter, prettyErrors: false, stringKeys: true });
  const locate = (offset: number): SourceLocation => {
    const { line, col } = lineCounter.linePos(Math.min(offset, source.length));
    return { file, line, column: col, frame: frameOf(source, line, col) };
  };
  const [mistake] = [...document.errors, ...document.warnings];
  if (mistake !== undefined) throw notYaml(file, mistake, locate(mistake.pos[0]));

  visit(document, {
    Scalar(key, node, parents) {
      if (key === 'key' || typeof node.value !== 'string') return;
      const at = locate(node.range?.[0] ?? 0);
      node.value = replace({ text: node.value, path: pathOf(parents, node), plain: node.type === 'PLAIN', at });
    },
  });
  return {
    value: plainValue(document, file),
    placeOf: (path, part = 'value') => locate(nodeAt(document, path, part)?.range?.[0] ?? 0),
    sourceOf(path) {
      const range = nodeAt(document, path, 'value')?.range;
      return range ? source.slice(range[0], range[1]).trim() : '';
    },
  };
}

function notYaml(file: string, mistake: YAMLError, at: SourceLocation): WeftError {
  return new WeftError('CONFIG_INVALID', {
    action: `Cannot read "${file}" as YAML`,
    found: mistake.message.replace(/\.$/, ''),
    fix: 'Mend the file at the place marked; a text with special characters stands in quotes.',
    at,
    cause: mistake,
  });
}

function plainValue(document: Document.Parsed, file: string): unknown {
  try {
    return document.toJS();
  } catch (error) {
    // Aliases that stand for nothing, or for too much.
    throw new WeftError('CONFIG_INVALID', {
      action: `Cannot read "${file}" as YAML`,
      found: messageOf(error),
      at: { file },
      cause: error,
    });
  }
}

function pathOf(parents: readonly unknown[], leaf: Node): YamlPath {
  const path: (string | number)[] = [];
  const chain = [...parents, leaf];
  for (const [index, parent] of chain.entries()) {
    const child = chain[index + 1];
    if (isMap(parent)) {
      const pair = parent.items.find((item) => item === child);
      path.push(isScalar(pair?.key) ? String(pair.key.value) : '');
    } else if (isSeq(parent)) {
      path.push(parent.items.findIndex((item) => item === child));
    }
  }
  return path;
}

function nodeAt(document: Document.Parsed, path: YamlPath, part: 'key' | 'value'): Node | null {
  let node: Node | null = document.contents;
  for (const [index, step] of path.entries()) {
    const key = keyAt(node, step);
    const child: unknown = isCollection(node) ? node.get(step, true) : null;
    // A key without a value: its place is the key's.
    if ((part === 'key' && index === path.length - 1) || !isNode(child)) return key ?? node;
    node = child;
  }
  return node;
}

function keyAt(node: Node | null, step: string | number): Node | null {
  if (!isMap(node)) return null;
  const key = node.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === step)?.key;
  return isNode(key) ? key : null;
}
