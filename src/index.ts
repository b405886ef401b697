export {
  defineAction,
  type Action,
  type ActionDefinition,
  type DeclaredErrorOf,
  type ErrorSchemas,
  type RequestInput,
  type RequestOf,
  type ResponseInput,
  type ResponseOf,
} from './core/action.js';
export type { OutcomeOptions } from './core/ask.js';
export {
  createClient,
  declaredErrorOf,
  type Client,
  type ClientHealth,
  type ClientMiddleware,
  type ClientOptions,
} from './core/client.js';
export { systemClock, type Clock } from './core/clock.js';
export {
  RpcError,
  type DeclaredError,
  type ErrorCode,
  type Issue,
  type Outcome,
  type RpcErrorOptions,
} from './core/errors.js';
export {
  defineHandler,
  failed,
  reply,
  RetryLater,
  type Handler,
  type HandlerContext,
  type HandlerOptions,
  type RetryOptions,
} from './core/handler.js';
export type { HandlerModule, HandlerSetup } from './core/handler-module.js';
export { silentLog, type Logger } from './core/log.js';
export type { CallOutcome } from './core/outcome.js';
export type { CallOptions, OneWayOptions, OutgoingCall, ParentCall } from './core/outgoing.js';
export { systemRandom, type Random } from './core/random.js';
export type { Replied } from './core/reply.js';
export { startServer, type Server, type ServerHealth, type StopReport } from './core/server.js';
export type { ServerOptions } from './core/server-options.js';
export {
  TransportError,
  type Consumer,
  type ConsumeOptions,
  type Delivery,
  type Disposition,
  type Inbox,
  type InboxHandlers,
  type Message,
  type Receive,
  type SendOptions,
  type Transport,
  type TransportErrorCode,
  type TransportHealth,
  type TransportStatus,
  type TransportTraits,
} from './core/transport.js';
export type { AuthorizationRequest, Authorize } from './middleware/authorize.js';
export type { ServerCall, ServerMiddleware } from './middleware/execute.js';
export type { CallView, Ending, ServerHooks, Stage } from './middleware/observe.js';
export type {
  Abandoned,
  Claim,
  IdempotencyStore,
  Running,
  Settled,
  StoredReply,
  Unclaimed,
} from './stores/idempotency.js';
export {
  exclusive,
  limit,
  shared,
  type Held,
  type HoldOptions,
  type LockKey,
  type LockProvider,
} from './stores/lock.js';
export { Secret } from './secrets/secret.js';
export { secret, type SecretField } from './secrets/secret-field.js';
export { createMemoryIdempotencyStore } from './stores/memory/idempotency.js';
export { createMemoryLockProvider } from './stores/memory/lock.js';
