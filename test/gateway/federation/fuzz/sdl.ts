/** A mesh as the SDL of its subgraphs. */
import { federation } from '../../../support/subgraph.ts';
import { type Entity, type Field, type KeyKind, type Model, type TypeReference, isScalar } from './model.ts';

const directives = [
  '@key @shareable @external @requires @provides @override @inaccessible @tag @interfaceObject @context @fromContext',
].flatMap((names) => names.split(' '));

/** A subgraph's SDL; `null` when it would be empty. */
export function writeSubgraph(model: Model, subgraph: number): string | null {
  const writing = createWriting(model, subgraph);
  const roots = [
    ['Query', model.queries],
    ['Mutation', model.mutations],
  ] as const;
  for (const [type, fields] of roots) {
    for (const field of fields) if (field.owners.includes(subgraph)) writing.addField(type, field);
  }
  for (const entity of model.entities) addEntity(writing, entity);
  addMedia(writing);
  addContext(writing);
  // What is known so far may need more.
  for (const entity of model.entities) if (writing.wanted.has(entity.name)) writing.lines(entity.name);
  if (writing.types.size === 0) return null;
  return [federation(...directives), ...[...writing.types].map(([type, lines]) => writeType(writing, type, lines))]
    .concat(supplements(writing))
    .join('\n');
}

interface Writing {
  readonly model: Model;
  readonly subgraph: number;
  /** Lines of fields by type, each by the field's name. */
  readonly types: Map<string, Map<string, string>>;
  /** Every type that some field gives. */
  readonly wanted: Set<string>;
  /** Types of the unions. */
  readonly mix: Set<string>;
  lines(type: string): Map<string, string>;
  addField(type: string, field: Field): void;
  addExternal(type: string, field: Pick<Field, 'name' | 'args' | 'type'>): void;
}

function createWriting(model: Model, subgraph: number): Writing {
  const types: Writing['types'] = new Map();
  const [wanted, mix] = [new Set<string>(), new Set<string>()];
  const lines = (type: string) => {
    const known = types.get(type) ?? new Map<string, string>();
    types.set(type, known);
    return known;
  };
  const want = ({ type, members }: Pick<Field, 'type'> & Partial<Field>) => {
    for (const name of [type.name, ...(members ?? [])]) {
      wanted.add(name);
      if (name === 'V0') wanted.add('V1').add('E0');
    }
    if (type.name === 'Mix') for (const member of members ?? []) mix.add(member);
  };
  return {
    model,
    subgraph,
    types,
    wanted,
    mix,
    lines,
    addField(type, field) {
      want(field);
      const owning = field.owners.includes(subgraph);
      lines(type).set(field.name, `${signature(field)}${owning ? directivesOf(model, type, field) : ''}`);
    },
    addExternal(type, field) {
      want({ type: field.type });
      const known = lines(type);
      if (!known.has(field.name)) known.set(field.name, `${signature(field)} @external`);
    },
  };
}

function addEntity(writing: Writing, entity: Entity): void {
  const { model, subgraph } = writing;
  if (entity.hub === subgraph) writing.lines(entity.name);
  for (const field of entity.fields) {
    const isOwner = field.owners.includes(subgraph);
    if (isOwner || field.override?.from === subgraph) writing.addField(entity.name, field);
    if (!isOwner) continue;
    for (const { field: name, below } of field.requires) {
      const required = entity.fields.find((other) => other.name === name);
      if (required === undefined) continue;
      writing.addExternal(entity.name, required);
      const given = model.entities.find((other) => other.name === required.type.name);
      for (const inner of given ? [idField, ...given.fields] : []) {
        if (below.includes(inner.name)) writing.addExternal(required.type.name, inner);
      }
    }
  }
  const providing = [...model.queries, ...model.entities.flatMap(({ fields }) => fields)];
  for (const { type, provides, owners } of providing) {
    if (type.name !== entity.name || !owners.includes(subgraph)) continue;
    for (const field of entity.fields) if (provides.includes(field.name)) writing.addExternal(entity.name, field);
  }
  if (entity.faces.has(subgraph))
    writing.lines(entity.name).set('kind', `kind: String${entity.faces.size > 1 ? ' @shareable' : ''}`);
  if (entity.faces.size > 0 && subgraph === 0) writing.lines(entity.name).set('mark', 'mark(x: Int = 2): Int');
}

const idField = {
  name: 'id',
  args: [],
  type: { name: 'ID', lists: 0, isNonNull: true, isItemNonNull: false },
} as const;

function addMedia(writing: Writing): void {
  const { model, subgraph, wanted } = writing;
  const { media } = model;
  if (media === null) return;
  const add = (type: string, fields: readonly Field[]) => {
    for (const field of fields) if (field.owners.includes(subgraph)) writing.addField(type, field);
  };
  add('Media', media.fields);
  add('Book', media.book);
  add('Film', media.film);
  if (subgraph === media.hub) {
    for (const type of ['Media', 'Book', 'Film']) writing.lines(type);
    add(
      'Book',
      media.fields.filter(({ owners }) => owners.includes(subgraph)),
    );
    add(
      'Film',
      media.fields.filter(({ owners }) => owners.includes(subgraph)),
    );
  } else if (wanted.has('Media')) writing.lines('Media');
  const title = media.fields.find(({ name }) => name === 'title');
  for (const { owners, requires } of media.fields) {
    if (title && owners.includes(subgraph) && requires.length > 0) writing.addExternal('Media', title);
  }
}

function addContext(writing: Writing): void {
  const { context, subgraphs } = writing.model;
  if (context === null) return;
  if (writing.subgraph === context.subgraph) {
    writing.lines('E0').set('kid', 'kid: Kid').set('wrap', 'wrap: Wrap');
    writing.lines('Wrap').set('kids', 'kids: [Kid!]!');
    writing
      .lines('Kid')
      .set('id', 'id: ID!')
      .set('taken', `taken(value: Int @fromContext(field: "$above { ${context.field} }")): String!`);
  } else if (writing.subgraph === (context.subgraph + 1) % subgraphs) {
    writing.lines('Kid').set('id', 'id: ID!').set('far', 'far: Int!');
  }
}

function writeType(writing: Writing, type: string, fields: ReadonlyMap<string, string>): string {
  const { model, subgraph } = writing;
  const { context, media } = model;
  const body = (extra: ReadonlyMap<string, string> = new Map()) =>
    `{ ${[...new Map([...extra, ...fields]).values()].join('\n  ')} }`;
  const id = new Map([['id', 'id: ID!']]);
  if (type === 'Query' || type === 'Mutation' || type === 'Wrap') return `type ${type} ${body()}`;
  if (type === 'Kid') return `type Kid @key(fields: "id") ${body()}`;
  if (type === 'Media') {
    return subgraph === media?.hub
      ? `interface Media @key(fields: "id") ${body(id).replaceAll(/ @(shareable|tag\([^)]*\)|requires\([^)]*\))/g, '')}`
      : `type Media @interfaceObject @key(fields: "id"${fields.size > 0 ? '' : ', resolvable: false'}) ${body(id)}`;
  }
  if (type === 'Book' || type === 'Film') {
    return `type ${type}${subgraph === media?.hub ? ' implements Media' : ''} @key(fields: "id") ${body(id)}`;
  }
  const entity = model.entities.find(({ name }) => name === type);
  if (entity === undefined) throw new Error(`The model has no type ${type}.`);
  const { keys, isStub } = keysIn(entity, writing);
  const marks = keys.map(
    (key) => `@key(fields: "${keyTexts[key]}"${isStub && !entity.isReferenceResolvable ? ', resolvable: false' : ''})`,
  );
  const contexts = type === 'E0' && subgraph === context?.subgraph ? ' @context(name: "above")' : '';
  const isFace = entity.faces.has(subgraph) || (entity.faces.size > 0 && subgraph === 0);
  const own = new Map(keys.flatMap((key) => Object.entries(keyLines[key])));
  const rest = new Map([...fields].filter(([name]) => !own.has(name)));
  const lines = [...own.values(), ...rest.values()].join('\n  ');
  return `type ${type}${isFace ? ' implements Face' : ''} ${marks.join(' ')}${contexts} { ${lines} }`;
}

const keyTexts: Readonly<Record<KeyKind, string>> = { id: 'id', code: 'code', pair: 'a b', ref: 'ref { code n }' };

const keyLines: Readonly<Record<KeyKind, Readonly<Record<string, string>>>> = {
  id: { id: 'id: ID!' },
  code: { code: 'code: String!' },
  pair: { a: 'a: Int!', b: 'b: Int!' },
  ref: { ref: 'ref: Ref!' },
};

/** The keys that an entity has in a subgraph, and whether that subgraph only refers to it. */
export function keysIn(entity: Entity, { types, subgraph }: Pick<Writing, 'types' | 'subgraph'>) {
  const own = entity.keys[subgraph] ?? ['id'];
  const all = new Set<KeyKind>(['id', ...entity.keys.flat()]);
  if (entity.hub === subgraph) return { keys: [...all], isStub: false };
  const isStub = [...(types.get(entity.name) ?? new Map<string, string>()).values()].every((line) =>
    line.includes('@external'),
  );
  return { keys: isStub ? own.slice(0, 1) : own, isStub };
}

function supplements({ model, subgraph, types, wanted, mix }: Writing): readonly string[] {
  const text = [...types.values()].flatMap((lines) => [...lines.values()]).join(' ');
  const shareable = (name: string, lines: string) => (wanted.has(name) ? [`type ${name} @shareable { ${lines} }`] : []);
  const implementing = model.entities.filter(({ faces }) => faces.has(subgraph));
  const faces = model.entities.filter((entity) => entity.faces.size > 0);
  const kind =
    implementing.length > 0 && (subgraph !== 0 || implementing.length === faces.length) ? 'kind: String' : '';
  const mark = subgraph === 0 && faces.length > 0 ? 'mark(x: Int = 2): Int' : '';
  return [
    'scalar Json',
    `enum Shade { RED GREEN S${subgraph}${subgraph % 2 === 0 ? ' HIDDEN @inaccessible' : ''} }`,
    `enum Tone { DARK LIGHT T${subgraph} }`,
    `input In { n: Int = 1 tone: Tone list: [Int!] deep: In only${subgraph}: Int }`,
    ...shareable('V0', 'n: Int word: String inner: V1 owner: E0'),
    ...shareable('V1', 'n: Int! word: String'),
    ...(/\bref: Ref!/.test(text) || usesReference(model, subgraph, types)
      ? ['type Ref @shareable { code: String! n: Int! }']
      : []),
    ...(kind || mark ? [`interface Face { ${kind} ${mark} }`] : []),
    ...(mix.size > 0 ? [`union Mix = ${[...mix].join(' | ')}`] : []),
  ];
}

function usesReference(model: Model, subgraph: number, types: Writing['types']): boolean {
  return model.entities.some(
    (entity) => types.has(entity.name) && keysIn(entity, { types, subgraph }).keys.includes('ref'),
  );
}

function signature({ name, args, type }: Pick<Field, 'name' | 'args' | 'type'>): string {
  const texts = args.map((one) => `${one.name}: ${one.type}${one.standard === null ? '' : ` = ${one.standard}`}`);
  return `${name}${texts.length > 0 ? `(${texts.join(', ')})` : ''}: ${typeText(type)}`;
}

function typeText({ name, lists, isNonNull, isItemNonNull }: TypeReference): string {
  const item = `${name}${isItemNonNull ? '!' : ''}`;
  const inner = lists === 0 ? name : lists === 1 ? `[${item}]` : `[[${item}]${isItemNonNull ? '!' : ''}]`;
  return `${inner}${isNonNull ? '!' : ''}`;
}

function directivesOf(model: Model, type: string, field: Field): string {
  const { owners, requires, override, provides, isInaccessible, name } = field;
  const isProvided = [...model.queries, ...model.entities.flatMap(({ fields }) => fields)].some(
    (other) => other.type.name === type && other.provides.includes(name),
  );
  const label = override?.label == null ? '' : `, label: "${override.label}"`;
  const required = requires.map(({ field: one, args, below }) => {
    const given = Object.entries(args).map(([argument, value]) => `${argument}: ${value}`);
    return `${one}${given.length > 0 ? `(${given.join()})` : ''}${below.length > 0 ? ` { ${below.join(' ')} }` : ''}`;
  });
  return [
    owners.length > 1 || isProvided ? ' @shareable' : '',
    override ? ` @override(from: "s${override.from}"${label})` : '',
    required.length > 0 ? ` @requires(fields: "${required.join(' ')}")` : '',
    provides.length > 0 ? ` @provides(fields: "${provides.join(' ')}")` : '',
    isInaccessible ? ' @inaccessible' : '',
    isScalar(field.type.name) && name.length === 4 ? ' @tag(name: "short")' : '',
  ].join('');
}
