/** A subgraph of interfaces and unions in one another, which notes every field that is asked of it, by the type of the object. */
import { type TestSubgraph, createSubgraph } from './subgraph.ts';

export interface Zoo {
  readonly subgraph: TestSubgraph;
  /** Coordinates of the fields that were worked out, each as often as it was. */
  readonly resolved: string[];
}

export const zooSdl = `
  type Query { animals: [Animal] things: [Thing] beings: [Being] cat: Cat }
  interface Being { name: String }
  interface Animal implements Being { name: String secret: String friend: Animal }
  type Cat implements Animal & Being { name: String secret: String friend: Cat lives: Int likes: [Thing] }
  type Dog implements Animal & Being { name: String secret: String friend: Animal likes: [Thing] }
  type Fern implements Being { name: String height: Int }
  type Rock { weight: Int beside: [Thing] }
  union Thing = Cat | Dog | Rock`;

/** All coordinates at which rules may stand. */
export const zooPlaces: readonly string[] = [
  'Being',
  'Animal',
  'Cat',
  'Dog',
  'Fern',
  'Rock',
  'Thing',
  'Being.name',
  'Animal.name',
  'Animal.secret',
  'Animal.friend',
  'Cat.name',
  'Cat.secret',
  'Cat.friend',
  'Cat.lives',
  'Cat.likes',
  'Dog.name',
  'Dog.secret',
  'Dog.friend',
  'Dog.likes',
  'Fern.name',
  'Fern.height',
  'Rock.weight',
  'Rock.beside',
  'Query.animals',
];

type Thing = Readonly<Record<string, unknown>> & { readonly __typename: string };

export function createZoo(): Zoo {
  const resolved: string[] = [];
  const kit: Thing = { __typename: 'Cat', name: 'Kit', secret: 'secret of Kit', lives: 8, likes: [] };
  const rock: Thing = { __typename: 'Rock', weight: 3, beside: [kit] };
  const tom: Thing = { __typename: 'Cat', name: 'Tom', secret: 'secret of Tom', lives: 9, friend: kit, likes: [rock] };
  const rex: Thing = { __typename: 'Dog', name: 'Rex', secret: 'secret of Rex', friend: tom, likes: [rock, tom] };
  const fern: Thing = { __typename: 'Fern', name: 'Filix', height: 2 };
  const noting = (type: string, fields: readonly string[]) =>
    Object.fromEntries(
      fields.map((field) => [
        field,
        (thing: Thing) => {
          resolved.push(`${type}.${field}`);
          return thing[field];
        },
      ]),
    );
  const subgraph = createSubgraph('zoo', zooSdl, {
    Query: {
      animals: () => [tom, rex],
      things: () => [rex, rock, tom],
      beings: () => [fern, rex, tom],
      cat: () => tom,
    },
    Cat: noting('Cat', ['name', 'secret', 'friend', 'lives', 'likes']),
    Dog: noting('Dog', ['name', 'secret', 'friend', 'likes']),
    Fern: noting('Fern', ['name', 'height']),
    Rock: noting('Rock', ['weight', 'beside']),
  });
  return { subgraph, resolved };
}
