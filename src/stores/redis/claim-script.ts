/**
 * All steps of the idempotency store; each is atomic. One hash per idempotency key: state (running or settled),
 * fingerprint, token (whose it is, or who settled it), starts, untilMs (of the claim's lease, by this server's clock),
 * reply, hasStarted (left behind by a release after a start), and a field for each store that waits for a change.
 */
export const claimScript = `
local KEY = KEYS[1]
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)

local function look()
  local found = redis.call('HMGET', KEY, 'state', 'fingerprint', 'token', 'starts', 'untilMs')
  local record = { state = found[1] or 'none', fingerprint = found[2], token = found[3] }
  if record.state == 'running' then
    record.starts = tonumber(found[4])
    record.leftMs = tonumber(found[5]) - nowMs
    if record.leftMs <= 0 then record.state = 'abandoned' end
  end
  return record
end

local function isRunBy(token)
  local found = redis.call('HMGET', KEY, 'state', 'token')
  return found[1] == 'running' and found[2] == token
end

local function tellWaiting(token)
  for _, field in ipairs(redis.call('HKEYS', KEY)) do
    if string.sub(field, 1, 5) == 'tell:' then
      redis.call('PUBLISH', string.sub(field, 6), token)
      redis.call('HDEL', KEY, field)
    end
  end
end

local function run(token, starts, leaseMs, keepMs)
  redis.call('HSET', KEY, 'token', token, 'starts', starts, 'untilMs', string.format('%.0f', nowMs + leaseMs))
  redis.call('PEXPIRE', KEY, leaseMs + keepMs)
  return { 'fresh', starts }
end

local function settle(token, reply, keepMs)
  redis.call('HSET', KEY, 'state', 'settled', 'token', token, 'reply', reply)
  redis.call('PEXPIRE', KEY, keepMs)
end

local function abandon(keepMs)
  redis.call('HSET', KEY, 'untilMs', '0')
  redis.call('PEXPIRE', KEY, keepMs)
end

local steps = {}

function steps.read()
  local record = look()
  if record.state == 'settled' then return { 'settled', record.fingerprint, redis.call('HGET', KEY, 'reply') } end
  if record.state == 'none' then return { 'none', redis.call('HEXISTS', KEY, 'hasStarted') } end
  return { record.state, record.fingerprint, record.token, record.starts }
end

function steps.claim(fingerprint, token, leaseMs, keepMs)
  local record = look()
  if record.state == 'none' then
    redis.call('HSET', KEY, 'state', 'running', 'fingerprint', fingerprint)
    return run(token, 1, leaseMs, keepMs)
  end
  if record.fingerprint ~= fingerprint then return { 'mismatch' } end
  return steps.read()
end

function steps.takeOver(seen, token, leaseMs, keepMs)
  local record = look()
  if record.state ~= 'abandoned' or record.token ~= seen then return { 'lost' } end
  tellWaiting(seen)
  return run(token, record.starts + 1, leaseMs, keepMs)
end

function steps.park(seen, token, reply, keepMs)
  local record = look()
  if record.state ~= 'abandoned' or record.token ~= seen then return { 'lost' } end
  tellWaiting(seen)
  settle(token, reply, keepMs)
  return { 'parked' }
end

function steps.settle(token, reply, keepMs)
  local record = look()
  -- Asked again because the answer got lost.
  if record.state == 'settled' and record.token == token then return { 'recorded' } end
  if not isRunBy(token) then return { 'lost' } end
  tellWaiting(token)
  settle(token, reply, keepMs)
  return { 'recorded' }
end

function steps.release(token, hasStarted, keepMs)
  if not isRunBy(token) then return {} end
  tellWaiting(token)
  local marked = hasStarted == '1' or redis.call('HEXISTS', KEY, 'hasStarted') == 1
  redis.call('DEL', KEY)
  if marked then
    redis.call('HSET', KEY, 'hasStarted', '1')
    redis.call('PEXPIRE', KEY, keepMs)
  end
  return {}
end

function steps.abandon(token, keepMs)
  if not isRunBy(token) then return {} end
  tellWaiting(token)
  abandon(keepMs)
  return {}
end

-- Of a start that its owner never heard of.
function steps.undo(token, keepMs)
  if not isRunBy(token) then return {} end
  local starts = look().starts
  if starts == 1 then return steps.release(token, '0', keepMs) end
  redis.call('HSET', KEY, 'starts', starts - 1)
  return steps.abandon(token, keepMs)
end

-- Answers how long its lease still lasts, -1 once it has changed.
function steps.watch(token, channel)
  redis.call('PUBLISH', channel, '')
  local record = look()
  if record.state ~= 'running' or record.token ~= token then return { -1 } end
  redis.call('HSET', KEY, 'tell:' .. channel, '1')
  return { record.leftMs }
end

-- For each key its token; answers 1 for each that was renewed.
function steps.renew(leaseMs, keepMs, ...)
  local kept = {}
  for nth, token in ipairs({ ... }) do
    KEY = KEYS[nth]
    kept[nth] = 0
    if isRunBy(token) then
      redis.call('HSET', KEY, 'untilMs', string.format('%.0f', nowMs + leaseMs))
      redis.call('PEXPIRE', KEY, leaseMs + keepMs)
      kept[nth] = 1
    end
  end
  return kept
end

return steps[ARGV[1]](unpack(ARGV, 2))
`;
