/** Who asks where rules bind (`supergraph-with-rules.graphql`), and what Weft has to be told to know them. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { maskSecret, priceMax, starsMin, withheld } from './parts.ts';
import type { Seen } from './workloads.ts';

export interface Staff {
  /** The configuration file. */
  readonly config: string;
  /** What somebody who sees this much of the answer sends with each request: a token good for a day, and a purpose. */
  readonly headers: Readonly<Record<Seen, Readonly<Record<string, string>>>>;
}

const issuer = 'https://id.bench.example';
const audience = 'bench';

/** What a token says of somebody; both of them pass every rule that denies. */
const claims: Readonly<Record<Seen, { readonly sub: string; readonly [claim: string]: unknown }>> = {
  all: {
    sub: 'ada',
    roles: ['staff', 'audit'],
    scope: 'stock:read reviews:read reviews:whole',
    purposes: ['support'],
  },
  parts: {
    sub: 'bo',
    roles: ['staff'],
    scope: 'stock:read reviews:read',
    purposes: ['support'],
    priceMax,
    starsMin,
    withheld,
  },
};

/** Makes a key for this run alone and writes its public half, the policies and the configuration into the folder. */
export async function createStaff(folder: string): Promise<Staff> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const header = { alg: 'ES256', kid: 'bench' };
  const keys = [{ ...(await exportJWK(publicKey)), ...header }];
  const headersOf = async (seen: Seen): Promise<Readonly<Record<string, string>>> => {
    const { sub, ...payload } = claims[seen];
    const token = new SignJWT(payload).setProtectedHeader(header).setSubject(sub);
    const signed = token.setIssuer(issuer).setAudience(audience).setExpirationTime('1 day').sign(privateKey);
    return { authorization: `Bearer ${await signed}`, 'weft-purpose': 'support' };
  };

  const config = join(folder, 'weft.yaml');
  // JSON is YAML.
  const jwt = { issuers: [{ issuer, jwks: 'file:keys.json', audiences: [audience] }] };
  const policy = { file: 'policies.yaml', secret: maskSecret };
  const traffic = { shareRequests: false };
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys }));
  writeFileSync(join(folder, 'policies.yaml'), JSON.stringify({ policies: { staff: '"staff" in subject.roles' } }));
  writeFileSync(config, JSON.stringify({ auth: { jwt }, policy, traffic }));
  return { config, headers: { all: await headersOf('all'), parts: await headersOf('parts') } };
}
