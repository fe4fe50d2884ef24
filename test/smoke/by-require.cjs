const sojourn = require('sojourn');

void import('./scenario.mjs').then(({ scenario }) => scenario(sojourn, process.argv[4]));
