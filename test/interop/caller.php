<?php
// A caller in PHP; settings and commands as caller.py has them.

require 'PhpAmqpLib/autoload.php';

use PhpAmqpLib\Connection\AMQPStreamConnection;
use PhpAmqpLib\Message\AMQPMessage;

$settings = json_decode($argv[1], true);
$url = parse_url($settings['url']);
$connection = new AMQPStreamConnection(
    $url['host'],
    $url['port'],
    urldecode($url['user']),
    urldecode($url['pass']),
    urldecode(substr($url['path'], 1))
);
$channel = $connection->channel();
[$callbackQueue] = $channel->queue_declare('', false, false, true);

$replies = [];
$onReply = function (AMQPMessage $message) use (&$replies) {
    $replies[$message->get('correlation_id')] ??= [
        'exchange' => $message->getExchange(),
        'content_type' => $message->get('content_type'),
        'body' => json_decode($message->getBody()),
    ];
};
$channel->basic_consume($callbackQueue, '', false, true, false, false, $onReply);
$channel->basic_consume('amq.rabbitmq.reply-to', '', false, true, false, false, $onReply);

$publish = function (array $request, string $routingKey, array $properties) use ($channel) {
    $properties += array_intersect_key($request, ['expiration' => true]);
    $channel->basic_publish(new AMQPMessage($request['body'], $properties), $request['exchange'], $routingKey);
};

echo "ready\n";
while (($line = fgets(STDIN)) !== false) {
    $command = json_decode($line, true);
    $answer = null;
    if ($command['do'] === 'declare') {
        // Not passive, not durable, not deleted by itself.
        $channel->exchange_declare($command['exchange'], 'direct', false, false, false);
        $channel->queue_bind($callbackQueue, $command['exchange'], $callbackQueue);
    } elseif ($command['do'] === 'send') {
        foreach ($command['requests'] as $request) {
            $publish($request, $command['routing_key'], []);
        }
    } else {
        $answer = [];
        foreach ($command['requests'] as $request) {
            $id = bin2hex(random_bytes(8));
            $replyTo = $request['reply_to'] ?? $callbackQueue;
            $publish($request, $command['routing_key'], ['correlation_id' => $id, 'reply_to' => $replyTo]);
            $answer[] = $id;
        }
        while (array_diff($answer, array_keys($replies)) !== []) {
            $channel->wait();
        }
        $answer = array_map(fn ($id) => $replies[$id], $answer);
    }
    echo $command['id'], ' ', json_encode($answer), "\n";
}
