/** Somebody who passes every rule of `supergraph-with-rules.graphql`, and what Weft has to be told to know her. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

export interface Staff {
  /** The configuration file. */
  readonly config: string;
  /** A token as the header carries it; good for a day. */
  readonly authorization: string;
}

const issuer = 'https://id.bench.example';
const audience = 'bench';

/** Makes a key for this run alone and writes its public half, the policies and the configuration into the folder. */
export async function createStaff(folder: string): Promise<Staff> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const header = { alg: 'ES256', kid: 'bench' };
  const keys = [{ ...(await exportJWK(publicKey)), ...header }];
  const token = await new SignJWT({ roles: ['staff'], scope: 'stock:read reviews:read' })
    .setProtectedHeader(header)
    .setSubject('ada')
    .setIssuer(issuer)
    .setAudience(audience)
    .setExpirationTime('1 day')
    .sign(privateKey);

  const config = join(folder, 'weft.yaml');
  // JSON is YAML.
  const jwt = { issuers: [{ issuer, jwks: 'file:keys.json', audiences: [audience] }] };
  const traffic = { traffic: { shareRequests: false } };
  writeFileSync(join(folder, 'keys.json'), JSON.stringify({ keys }));
  writeFileSync(join(folder, 'policies.yaml'), JSON.stringify({ policies: { staff: '"staff" in subject.roles' } }));
  writeFileSync(config, JSON.stringify({ auth: { jwt }, policy: { file: 'policies.yaml' }, ...traffic }));
  return { config, authorization: `Bearer ${token}` };
}
