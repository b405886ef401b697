import { deadlockScript } from './deadlock-script.js';

/**
 * All steps of the lock provider; each is atomic. Five keys hold everything, so that a cluster can check them:
 *
 * - tickets (hash): id → who it is, its places, and what became of it, as JSON
 * - leases (sorted set): id → until when, by this server's clock; a ticket past it is taken from all its lines
 *   by whichever step comes next
 * - waiting (sorted set, by name and number): the line at each name
 * - held (hash): name → mode, number and smallest limit of those who hold it
 * - fence: the last number given out. Numbers are this server's microseconds, so that they rise even if it loses its data
 */
export const lockScript = `
local TICKETS, LEASES, WAITING, HELD, FENCE = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)

local function nextNumber()
  local number = math.max(tonumber(redis.call('GET', FENCE) or '0') + 1, time[1] * 1000000 + time[2])
  -- As text of one length: JSON would round it.
  local text = string.format('%016.0f', number)
  redis.call('SET', FENCE, text)
  return text
end

local function load(id)
  local text = redis.call('HGET', TICKETS, id)
  return text and cjson.decode(text)
end

local function save(ticket)
  redis.call('HSET', TICKETS, ticket.id, cjson.encode(ticket))
end

local function heldAt(name)
  local text = redis.call('HGET', HELD, name)
  return text and cjson.decode(text)
end

-- The length in front keeps names apart, whatever their text.
local function lineOf(name)
  return #name .. ':' .. name .. ':'
end

local function member(ticket, name)
  return lineOf(name) .. ticket.number .. ':' .. ticket.id
end

local function headOf(name)
  local line = lineOf(name)
  local first = redis.call('ZRANGEBYLEX', WAITING, '[' .. line, '(' .. line .. ':', 'LIMIT', 0, 1)[1]
  return first, first and string.sub(first, #line + 18)
end

local function hasRoom(held, place)
  if not held then return true end
  if held.mode ~= place.mode or place.mode == 'exclusive' then return false end
  return place.mode == 'shared' or held.count < math.min(held.limit, place.limit)
end

local function clear(held, place)
  held = held or { count = 0, limit = place.limit }
  held.count = held.count + 1
  held.mode = place.mode
  held.limit = math.min(held.limit, place.limit)
  redis.call('HSET', HELD, place.name, cjson.encode(held))
  place.cleared = true
  return held
end

-- Those whose turn it is now move up; a ticket with its turn at all its names is granted.
local function promote(name)
  local held = heldAt(name)
  local head, id = headOf(name)
  while head do
    local ticket = load(id)
    if not ticket then
      redis.call('ZREM', WAITING, head)
    else
      local place
      for _, one in ipairs(ticket.places) do
        if one.name == name then place = one end
      end
      if not hasRoom(held, place) then return end
      redis.call('ZREM', WAITING, head)
      held = clear(held, place)
      ticket.waitsIn = ticket.waitsIn - 1
      if ticket.waitsIn == 0 then
        ticket.fence = nextNumber()
        redis.call('PUBLISH', ticket.channel, ticket.id .. ' ' .. ticket.fence)
      end
      save(ticket)
    end
    head, id = headOf(name)
  end
end

local function leave(id)
  local ticket = load(id)
  redis.call('ZREM', LEASES, id)
  if not ticket then return end
  redis.call('HDEL', TICKETS, id)
  for _, place in ipairs(ticket.places) do
    if place.cleared then
      local held = heldAt(place.name)
      held.count = held.count - 1
      if held.count == 0 then redis.call('HDEL', HELD, place.name)
      else redis.call('HSET', HELD, place.name, cjson.encode(held)) end
    else
      redis.call('ZREM', WAITING, member(ticket, place.name))
    end
  end
  for _, place in ipairs(ticket.places) do promote(place.name) end
end

-- Bounded, because nobody else is served meanwhile; what is left over is for the next step.
local function reap()
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', LEASES, '-inf', nowMs, 'LIMIT', 0, 100)) do leave(id) end
end

local function msToNextLapse()
  local untilMs = redis.call('ZRANGE', LEASES, 0, 0, 'WITHSCORES')[2]
  return untilMs and math.max(untilMs - nowMs, 0) or 0
end

${deadlockScript}
local steps = {}

-- id, lease, channel, owner, ancestors as JSON, then name, mode and limit of each place
function steps.take(id, leaseMs, channel, owner, ancestors, ...)
  reap()
  local ticket = {
    id = id, channel = channel, owner = owner, ancestors = cjson.decode(ancestors),
    number = nextNumber(), waitsIn = 0, fence = '0', places = {},
  }
  local keys = { ... }
  local all = #ticket.ancestors > 0 and allTickets() or {}
  local joined = {}
  for _, one in ipairs(all) do
    if one.waitsIn == 0 and isAncestor(ticket, one.owner) then
      for _, place in ipairs(one.places) do joined[place.name] = true end
    end
  end
  for at = 1, #keys, 3 do
    local place = { name = keys[at], mode = keys[at + 1], limit = tonumber(keys[at + 2]), cleared = false }
    local held = heldAt(place.name)
    if (joined[place.name] or not headOf(place.name)) and hasRoom(held, place) then
      clear(held, place)
    else
      redis.call('ZADD', WAITING, 0, member(ticket, place.name))
      ticket.waitsIn = ticket.waitsIn + 1
    end
    table.insert(ticket.places, place)
  end
  if ticket.waitsIn == 0 then ticket.fence = nextNumber() end
  redis.call('ZADD', LEASES, nowMs + leaseMs, id)
  save(ticket)
  if ticket.waitsIn == 0 then return { 'held', ticket.fence } end
  if #ticket.ancestors > 0 then
    local stuck = namesWithoutEnd(ticket, all)
    if #stuck > 0 then
      leave(id)
      return { 'deadlock', unpack(stuck) }
    end
  end
  return { 'waiting', msToNextLapse() }
end

-- lease, the own channel if somebody waits there, then the ids; answers the time to the next lapse, then for each:
-- its fence, 0 while it waits, -1 if it is gone
function steps.renew(leaseMs, channel, ...)
  reap()
  if channel ~= '' then redis.call('PUBLISH', channel, '') end
  local found = { 0 }
  for _, id in ipairs({ ... }) do
    local ticket = load(id)
    if ticket then redis.call('ZADD', LEASES, nowMs + leaseMs, id) end
    table.insert(found, ticket and ticket.fence or '-1')
  end
  found[1] = msToNextLapse()
  return found
end

function steps.leave(id)
  reap()
  leave(id)
  return {}
end

return steps[ARGV[1]](unpack(ARGV, 2))
`;
