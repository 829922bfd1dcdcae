/**
 * A flight, its interests and its places in the lanes. An interest belongs to a team on a replica; a flight waits
 * under each team once, in the highest class that any of the team's interests has.
 *
 * Linear in the interests of one flight, of which there is one per team and replica at most.
 */
export const FLIGHTS = String.raw`
local function fieldOf(team, replica) return 'interest\n' .. team .. '\n' .. replica end
local function memberOf(key, team) return team .. '\n' .. key end

local function readFlight(key)
  local fields = redis.call('HGETALL', keyOf('flight', key))
  if #fields == 0 then return nil end
  local flight = { key = key, teams = {} }
  for at = 1, #fields, 2 do
    local team, replica = string.match(fields[at], '^interest\n(.-)\n(.*)$')
    if team then
      local expiresAt, rank, weight, total = string.match(fields[at + 1], '^(%S+) (%S+) (%S+) (%S+)$')
      flight.teams[team] = flight.teams[team] or {}
      flight.teams[team][replica] = {
        expiresAt = tonumber(expiresAt), rank = tonumber(rank), weight = tonumber(weight), total = total == '1',
      }
    else
      flight[fields[at]] = fields[at + 1]
    end
  end
  return flight
end

-- Of teams whose turns would come at the same time the first one placed goes first, so it must not be chance which.
local function teamsOf(flight)
  local teams = {}
  for team in pairs(flight.teams) do table.insert(teams, team) end
  table.sort(teams)
  return teams
end

local function writeInterest(flight, team, replica)
  local interest = flight.teams[team][replica]
  local packed = string.format('%.0f %d %.17g %d',
    interest.expiresAt, interest.rank, interest.weight, interest.total and 1 or 0)
  redis.call('HSET', keyOf('flight', flight.key), fieldOf(team, replica), packed)
  if flight.claim then return end
  redis.call('ZADD', keyOf('interests', replica), whole(interest.expiresAt), memberOf(flight.key, team))
  keep(keyOf('interests', replica))
end

local function rankOf(flight, team)
  local highest
  for _, interest in pairs(flight.teams[team] or {}) do
    if not highest or interest.rank < highest then highest = interest.rank end
  end
  return highest
end

-- Puts the flight in the team's queue; twice is once.
local function place(flight, team, rank, weight, isAgain)
  local clock = readClock(rank)
  local turn = readTurn(rank, team, weight, clock)
  if not isAgain then turn.weight = weight end
  local queue = flight.rests and restingOf(rank, team) or waitingOf(rank, team)
  if not redis.call('ZSCORE', queue, flight.key) then
    if not flight.rests and redis.call('ZCARD', queue) == 0 then comeBack(turn, clock) end
    local at = nextPlace(rank) - (isAgain and AGAIN or 0)
    redis.call('ZADD', queue, whole(at), flight.key)
    redis.call('SADD', keyOf('flights', CLASSES[rank]), flight.key)
    -- Entries that come together count once: a burst says nothing about what will follow it.
    if not isAgain and turn.enteredAt ~= clock.turns then
      turn.inflow = inflowOf(turn, clock.turns) + 1 / INFLOW_TURNS
      turn.inflowAt, turn.enteredAt = clock.turns, clock.turns
    end
    keep(queue)
    keep(keyOf('flights', CLASSES[rank]))
  end
  writeTurn(rank, turn)
end

-- Takes the flight out of the team's queue; its class forgets it with the last team that wants it in that class.
local function unplace(flight, team, rank)
  redis.call('ZREM', waitingOf(rank, team), flight.key)
  redis.call('ZREM', restingOf(rank, team), flight.key)
  for other in pairs(flight.teams) do
    if rankOf(flight, other) == rank then return end
  end
  redis.call('SREM', keyOf('flights', CLASSES[rank]), flight.key)
end

local function setReady(flight)
  redis.call('SADD', keyOf('ready'), flight.key)
  keep(keyOf('ready'))
end

-- Forgets a flight that is in no queue any more.
local function erase(flight)
  redis.call('DEL', keyOf('flight', flight.key))
  redis.call('SREM', keyOf('ready'), flight.key)
  redis.call('ZREM', keyOf('rests'), flight.key)
end

-- Takes an interest back. A flight that nobody waits for leaves the queue, unless it is in the air.
local function drop(flight, team, replica)
  local interest = flight.teams[team] and flight.teams[team][replica]
  if not interest then return end
  local before = rankOf(flight, team)
  flight.teams[team][replica] = nil
  if next(flight.teams[team]) == nil then flight.teams[team] = nil end
  redis.call('HDEL', keyOf('flight', flight.key), fieldOf(team, replica))
  redis.call('ZREM', keyOf('interests', replica), memberOf(flight.key, team))
  if flight.claim then return end
  local after = rankOf(flight, team)
  if after ~= before then
    unplace(flight, team, before)
    if after then place(flight, team, after, interest.weight) end
  end
  if next(flight.teams) == nil then erase(flight) end
end
`;
