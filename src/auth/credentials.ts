/** What a user logs in with. Never part of a message or log. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** Whether both are the same. */
export function areSameCredentials(a: Credentials, b: Credentials): boolean {
  return a.username === b.username && a.password === b.password;
}
