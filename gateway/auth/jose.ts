/** JSON Web Signatures and keys (RFC 7515, 7517, 7518) by the library `jose`, named here alone. */
export { createLocalJWKSet, errors, jwtVerify, type JSONWebKeySet, type JWTVerifyGetKey } from 'jose';
