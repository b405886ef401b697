import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Arguments that make the broker evaluate Erlang expressions sent to a Unix socket. rabbitmqctl can do the same, but
 * starts an Erlang machine for it: 0.4 s when all is quiet, 15 s on a machine that is busy with tests.
 */
export function controlArguments(socketPath: string): string {
  const program = `
    spawn(fun() ->
      Path = <<"${socketPath}">>,
      file:delete(Path),
      {ok, Listener} = gen_tcp:listen(0, [binary, {ifaddr, {local, Path}}, {packet, line}, {active, false}, {buffer, 65536}]),
      Answer = fun(Socket) ->
        {ok, Line} = gen_tcp:recv(Socket, 0),
        Result = try
          {ok, Tokens, _} = erl_scan:string(unicode:characters_to_list(Line)),
          {ok, Expressions} = erl_parse:parse_exprs(Tokens),
          {value, Value, _} = erl_eval:exprs(Expressions, []),
          io_lib:format(<<"ok ~tp">>, [Value])
        catch Class:Reason -> io_lib:format(<<"error ~tp">>, [{Class, Reason}])
        end,
        gen_tcp:send(Socket, unicode:characters_to_binary(Result)),
        gen_tcp:close(Socket)
      end,
      Serve = fun Serve() ->
        {ok, Socket} = gen_tcp:accept(Listener),
        gen_tcp:controlling_process(Socket, spawn(fun() -> Answer(Socket) end)),
        Serve()
      end,
      Serve()
    end).`;
  return `-eval '${program.replace(/\s+/g, ' ').trim()}'\n`;
}

/** Evaluates an Erlang expression (with its full stop) in the broker; resolves to its value as Erlang prints it. */
export async function evaluate(socketPath: string, expression: string): Promise<string> {
  const socket = connect(socketPath).setEncoding('utf8');
  await once(socket, 'connect');
  socket.write(`${expression.replace(/\s+/g, ' ')}\n`);
  let answer = '';
  for await (const chunk of socket) answer += String(chunk);
  if (answer.startsWith('ok ')) return answer.slice(3);
  throw new Error(`expected RabbitMQ to evaluate ${expression}, got: ${answer}`);
}

/** Resolves once the broker listens; it begins to after its start. */
export async function waitForControl(socketPath: string, giveUpAt: number): Promise<void> {
  for (;;) {
    try {
      await evaluate(socketPath, 'ok.');
      return;
    } catch (error) {
      if (performance.now() > giveUpAt) throw error;
      await sleep(20);
    }
  }
}
