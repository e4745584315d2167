/** Names the JOSE library (RFC 7515 to 7519), alone in the house: those who sign and those who verify take it from here. */
export * from 'jose';
