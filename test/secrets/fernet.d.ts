/** npm fernet 0.3.3, as much of it as is used. */
declare module 'fernet' {
  const fernet: {
    Secret: new (key: string) => unknown;
    Token: new (options: object) => { encode(text: string): string; decode(token?: string): string };
  };
  export default fernet;
}
