/** Required rows of http-cache-tests.json that we do not follow, by id, with the reason. */
export const httpCacheDeviations: Readonly<Record<string, string>> = {};
