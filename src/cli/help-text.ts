/** What `samovar --help` says below the list of commands. */
export const helpText = `
A worker serves the actions of its handlers at one or more node addresses; a call names an action and an address.

Examples:
  $ samovar demo                                          two nodes and real calls, without a broker
  $ samovar worker --handlers ./hello.js --url amqp://user:password@localhost/trees
  $ samovar call hello --to node-1 --body '{"name": "you"}' --url amqp://user:password@localhost/trees
  $ samovar check-config --config samovar.yml             what is wrong with the configuration
  $ samovar actions                                       what can be called, and which package gives it
  $ samovar contract build --out site                     schemas, AsyncAPI and pages for callers
  $ samovar nodes                                         who serves the addresses, and what waits
  $ samovar call --help                                   calls and batches of calls

The configuration is the file of --config, else of SAMOVAR_CONFIG or CONFIG_FILE_PATH, else the first there is of
/etc/samovar/samovar.yml, /etc/cyberfusion/rabbitmq.yml and ./samovar.yml. With --url no file is needed.

Environment variables:
  SAMOVAR_CONFIG, CONFIG_FILE_PATH   the configuration file
  SAMOVAR_HANDLERS                   handler modules, where the file names none: names or paths, with commas between
  NO_COLOR                           no colours

Exit codes:
  0    all went well
  1    it ran, and something was not as expected: an action that failed, a worker that is not well
  64   wrong usage: an unknown option, a request that is wrong
  69   the broker, the address or its worker is not there
  70   a bug
  75   no answer in time, or too much to do: another try may succeed
  78   a wrong setting or wrong credentials
  130  interrupted (143: terminated)

samovar completion --help tells how your shell completes all this.`;
