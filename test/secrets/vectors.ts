/** The vectors of the Fernet specification (github.com/fernet/spec): generate.json, verify.json and invalid.json. */
export const key = 'cw_0x689RpI-jtRR7oE8h_eQsKImvJapLeSbXpwF4e4=';

export const generated = {
  token: 'gAAAAAAdwJ6wAAECAwQFBgcICQoLDA0ODy021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
  now: '1985-10-26T01:20:00-07:00',
  iv: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15],
  src: 'hello',
};

export const verified = { token: generated.token, now: '1985-10-26T01:20:01-07:00', ttlSeconds: 60, src: 'hello' };

const at = '1985-10-26T01:20:01-07:00';

/** What it is, the token, and when it is looked at, with a ttl of 60 s. */
export const invalid: readonly (readonly [description: string, token: string, now: string])[] = [
  [
    'incorrect mac',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykQUFBQUFBQUFBQQ==',
    at,
  ],
  ['too short', 'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPA==', at],
  [
    'invalid base64',
    '%%%%%%%%%%%%%AECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
    at,
  ],
  [
    'payload size not multiple of block size',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPOm73QeoCk9uGib28Xe5vz6oxq5nmxbx_v7mrfyudzUm',
    at,
  ],
  [
    'payload padding error',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0ODz4LEpdELGQAad7aNEHbf-JkLPIpuiYRLQ3RtXatOYREu2FWke6CnJNYIbkuKNqOhw==',
    at,
  ],
  [
    'far-future TS (unacceptable clock skew)',
    'gAAAAAAdwStRAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAnja1xKYyhd-Y6mSkTOyTGJmw2Xc2a6kBd-iX9b_qXQcw==',
    at,
  ],
  [
    'expired TTL',
    'gAAAAAAdwJ6xAAECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAl1-szkFVzXTuGb4hR8AKtwcaX1YdykRtfsH-p1YsUD2Q==',
    '1985-10-26T01:21:31-07:00',
  ],
  [
    'incorrect IV (causes padding error)',
    'gAAAAAAdwJ6xBQECAwQFBgcICQoLDA0OD3HkMATM5lFqGaerZ-fWPAkLhFLHpGtDBRLRTZeUfWgHSv49TF2AUEZ1TIvcZjK1zQ==',
    at,
  ],
  // Later additions to invalid.json, beyond the eight.
  ['trailing characters after b64 padding', `${generated.token}trailingdata`, at],
  [
    'invalid characters in b64',
    '*gAAAAAAdwJ6wAAECAwQFBgcI!CQoLDA0ODy021?cpGVWKZ_eEwC@GM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
    at,
  ],
  [
    'invalid non-urlsafe characters in b64',
    'gAAAAAAdwJ6wAAEC/AwQFBgcICQoLDA0ODy+021cpGVWKZ_eEwCGM4BLLF_5CV9dOPmrhuVUPgJobwOz7JcbmrR64jVmpU4IwqDA==',
    at,
  ],
];

/** Made by Python's `cryptography` 48.0.0 with the key above, at 1,700,000,000. */
export const golden: readonly (readonly [token: string, text: string])[] = [
  ['gAAAAABlU_EAGOkcas8vb8KV9COFZ85TLdhqbIuGLiwpemGeBNmMGrKugeNrLRb3tY0sIeMrqbGtsDy5GkmLIbbUV7e3w5GWZA==', ''],
  ['gAAAAABlU_EAyZ76x2__wS6d8tJxOQIp1Lq2tLKHKmx7gVl3rJ6HXTo1xZpwan2Nn12yUHEHiT2sxce1HMzBJlUnY2t4qwgJGg==', 'x'],
  [
    'gAAAAABlU_EAsWKEaAlxr7JsJcKnwANpLbX_duoI_8FC-5hsFnZJstp0N6dBbo5ILNtKYzG6C_M3nMEhQykRmqb3y8X3ITo7qpR519lcPxN0OgAKUjjR8-o=',
    'a password of 16',
  ],
  [
    'gAAAAABlU_EAu1-S1eNiCdiLmFE2R81aI7oQWEY4-eoQkPTx2FAY3-zacdoaK7pitJFdSzshsIu_BwZ932FFJ7J41A3vq3wko4qti-7QcLNpAWjWXOwtyjW4IE1N2YWvYBmXh4JjADsm',
    'pässwörd ☕ 👩‍👩‍👧',
  ],
  [
    'gAAAAABlU_EAaFHmgSSphSClec30A_ueQIqJWsVSve-2wan9VP9Ho3T0IcOskcvOFNW45jMcW6Gqh4qRN6x2qvsjSBgMImo6RJKEYuFgkZWj3C9V2rso2Uc=',
    '{"a": [1, null]}',
  ],
];
