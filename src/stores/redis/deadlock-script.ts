/**
 * The part of the lock script that refuses a nested request which would wait for ever, because what stands ahead of it
 * cannot end before it does. It reads all tickets, but only for a nested request that has to wait.
 */
export const deadlockScript = `
local function allTickets()
  local all, texts = {}, redis.call('HVALS', TICKETS)
  for _, text in ipairs(texts) do table.insert(all, cjson.decode(text)) end
  return all
end

local function isAncestor(ticket, owner)
  for _, ancestor in ipairs(ticket.ancestors) do
    if ancestor == owner then return true end
  end
  return false
end

-- The names at which ticket would wait for ever: everybody ends who can, until nothing moves; what is left is stuck.
local function namesWithoutEnd(ticket, all)
  local anyHeld = false
  local children, lines = {}, {}
  table.insert(all, ticket)
  for _, one in ipairs(all) do
    if one.waitsIn == 0 and #one.places > 0 and isAncestor(ticket, one.owner) then anyHeld = true end
    if one.waitsIn > 0 then
      for _, ancestor in ipairs(one.ancestors) do children[ancestor] = (children[ancestor] or 0) + 1 end
    end
    one.turns = 0
    for _, place in ipairs(one.places) do
      lines[place.name] = lines[place.name] or {}
      table.insert(lines[place.name], { ticket = one, place = place })
    end
  end
  if not anyHeld then return {} end
  for _, line in pairs(lines) do
    table.sort(line, function(a, b)
      local first, second = a.place.cleared, b.place.cleared
      if first ~= second then return first end
      return a.ticket.number < b.ticket.number
    end)
  end
  local moved = true
  while moved and not ticket.ended do
    moved = false
    for _, one in ipairs(all) do
      if not one.ended and one.waitsIn == 0 and (children[one.owner] or 0) == 0 then
        one.ended = true
        moved = true
      end
    end
    for name, line in pairs(lines) do
      local held = heldAt(name)
      local ahead, modes = 0, {}
      local limit = held and held.mode == 'limit' and held.limit or math.huge
      for _, entry in ipairs(line) do
        local one, place = entry.ticket, entry.place
        local same = modes[place.mode] or 0
        if not place.cleared and not place.turn and same == ahead and (ahead == 0 or place.mode ~= 'exclusive')
          and (place.mode ~= 'limit' or same < math.min(limit, place.limit)) then
          place.turn = true
          one.turns = one.turns + 1
          moved = true
          if not one.ended and one.waitsIn == one.turns then
            one.ended = true
            for _, ancestor in ipairs(one.ancestors) do children[ancestor] = children[ancestor] - 1 end
          end
        end
        if not one.ended then
          ahead = ahead + 1
          modes[place.mode] = same + 1
          if place.mode == 'limit' then limit = math.min(limit, place.limit) end
        end
      end
    end
  end
  local stuck = {}
  if not ticket.ended then
    for _, place in ipairs(ticket.places) do
      if not place.cleared and not place.turn then table.insert(stuck, place.name) end
    end
  end
  return stuck
end
`;
