/** Below the options of `samovar worker --help`. */
export const workerHelp = `
A worker consumes its node addresses and answers each request with the handler of its action. One process may serve
several virtual hosts; each has its own connections and handlers, all share the locks. With redis: in the file, locks
and answers are shared with other workers.

Where things come from:
  configuration   --config, else $SAMOVAR_CONFIG, else $CONFIG_FILE_PATH, else /etc/samovar/samovar.yml,
                  /etc/cyberfusion/rabbitmq.yml or ./samovar.yml; or no file at all, with --url
  handlers        handlers: of the file, else --handlers, else $SAMOVAR_HANDLERS
  log             JSON lines on standard error, readable ones on a terminal: --log-level, else $SAMOVAR_LOG_LEVEL,
                  else log_level: of the file. A line for each request that has ended is level info; no line has a body

Starting: what cannot work fails the start before anything is consumed, with exit code 78. A set-up of handlers that
fails does so with 1, since another try may succeed; --log-level debug shows its stack. A broker that is away is
waited for. One that refuses a virtual host (a wrong password) ends the worker, too; beside others that it lets in,
that one is asked for again every 30 s, and is red in "samovar status".

Stopping: SIGTERM or SIGINT drains. Requests that have not started go back to the broker, running ones may end
(drain_ms, 25 s by default) and are then aborted. A second signal ends the worker at once.

Errors of no request: a promise that is rejected and awaited by nobody is logged and counted, and the worker serves on.
An exception that nobody catches is logged, and the worker drains and exits with 70.

Exit codes:
  0   stopped in good order
  1   stopped, and aborted requests; or handlers could not be set up
  64  wrong usage
  69  no broker within wait_for_broker_ms, where that is set
  70  a bug, or an exception that nobody caught
  78  wrong configuration, credentials or rights
  130, 143  ended by a second SIGINT or SIGTERM

Examples:
  $ samovar worker --vhost trees
  $ samovar worker --config ./samovar.yml --all-vhosts --log-level warn
  $ CONFIG_FILE_PATH=/etc/cyberfusion/rabbitmq.yml SAMOVAR_HANDLERS=samovar/handlers samovar worker --vhost trees
  $ samovar worker --url amqp://guest:guest@localhost/trees --handlers ./hello.js --address node-1
  $ samovar worker --vhost trees --mock     replies are generated, no handler runs`;
