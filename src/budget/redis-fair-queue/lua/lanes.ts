import { INFLOW_TURNS } from '../../fair-lane.ts';

/**
 * Start-time fair queueing over the teams of a class, as in fair-lane.ts. A place is a number that grows with every
 * arrival; a flight that is put back gets one from far below, and so goes before all that were not.
 *
 * All of it takes constant time but `readLane`, which is linear in the teams that are known.
 */
export const LANES = `
local AGAIN = 2 ^ 52
local INFLOW_TURNS = ${INFLOW_TURNS}

local function laneOf(rank) return keyOf('lane', CLASSES[rank]) end
local function waitingOf(rank, team) return keyOf('waiting', CLASSES[rank], team) end
local function restingOf(rank, team) return keyOf('resting', CLASSES[rank], team) end

local function depthOf(rank, team)
  return redis.call('ZCARD', waitingOf(rank, team)) + redis.call('ZCARD', restingOf(rank, team))
end

local function readClock(rank)
  local read = redis.call('HMGET', laneOf(rank), 'now', 'turns')
  return { now = tonumber(read[1] or 0), turns = tonumber(read[2] or 0) }
end

local function unpackTurn(team, packed)
  local start, weight, order, inflow, inflowAt, enteredAt = string.match(packed, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  return {
    team = team, start = tonumber(start), weight = tonumber(weight), order = tonumber(order),
    inflow = tonumber(inflow), inflowAt = tonumber(inflowAt), enteredAt = tonumber(enteredAt),
  }
end

local function writeTurn(rank, turn)
  local packed = string.format('%.17g %.17g %.0f %.17g %.0f %.0f',
    turn.start, turn.weight, turn.order, turn.inflow, turn.inflowAt, turn.enteredAt)
  redis.call('HSET', laneOf(rank), 'team:' .. turn.team, packed)
  keep(laneOf(rank))
end

local function nextPlace(rank) return redis.call('HINCRBY', laneOf(rank), 'places', 1) end

local function readTurn(rank, team, weight, clock)
  local packed = redis.call('HGET', laneOf(rank), 'team:' .. team)
  if packed then return unpackTurn(team, packed) end
  return {
    team = team, start = clock.now, weight = weight, order = nextPlace(rank),
    inflow = 0, inflowAt = 0, enteredAt = -1,
  }
end

local function inflowOf(turn, turns)
  return turn.inflow * math.exp((turn.inflowAt - turns) / INFLOW_TURNS)
end

-- A team that has had nothing to claim comes back without credit.
local function comeBack(turn, clock) turn.start = math.max(turn.start, clock.now) end

local function readLane(rank)
  local fields = redis.call('HGETALL', laneOf(rank))
  local lane = { now = 0, turns = 0, teams = {} }
  for at = 1, #fields, 2 do
    local team = string.match(fields[at], '^team:(.*)$')
    if team then table.insert(lane.teams, unpackTurn(team, fields[at + 1]))
    elseif fields[at] == 'now' then lane.now = tonumber(fields[at + 1])
    elseif fields[at] == 'turns' then lane.turns = tonumber(fields[at + 1]) end
  end
  for _, turn in ipairs(lane.teams) do
    turn.ready = redis.call('ZCARD', waitingOf(rank, turn.team))
    turn.depth = turn.ready + redis.call('ZCARD', restingOf(rank, turn.team))
  end
  return lane
end

-- An idle team whose start lies in the past is like one never seen; one that is ahead must stay ahead. A lane that
-- knows no team is like a new one.
local function forgetIdle(rank, lane)
  local kept = 0
  for _, turn in ipairs(lane.teams) do
    if turn.depth > 0 or turn.start > lane.now then kept = kept + 1
    else redis.call('HDEL', laneOf(rank), 'team:' .. turn.team) end
  end
  if kept == 0 then redis.call('DEL', laneOf(rank)) end
end

-- The team has had its turn and pays for it.
local function charge(rank, turn, lane)
  lane.now = math.max(lane.now, turn.start)
  turn.start = turn.start + 1 / turn.weight
  redis.call('HSET', laneOf(rank), 'now', string.format('%.17g', lane.now), 'turns', whole(lane.turns + 1))
  writeTurn(rank, turn)
end

-- What came of the team's turn does not count: it is taken back.
local function refund(rank, team)
  local packed = redis.call('HGET', laneOf(rank), 'team:' .. team)
  if not packed then return end
  local turn = unpackTurn(team, packed)
  turn.start = turn.start - 1 / turn.weight
  writeTurn(rank, turn)
end
`;
