import { LOWER_BOUND } from '../../queue-rules.ts';

/** Constant time, but for a few flights that are swept on the way and the interests of the flight itself. */
export const ENTER = `
local LOWER_BOUNDS = cjson.decode('${JSON.stringify(LOWER_BOUND)}')
local rank = RANKS[args.class]
sweep(4)

-- A failure is shared for a while; any ending is news to whoever looked into the store before it.
local function endingFor()
  local mark = redis.call('GET', keyOf('ending', args.key))
  if not mark then return nil end
  local ending = cjson.decode(mark)
  local isShared = (ending.failure or ending.crashed) and now < ending.sharedUntil
  local isNews = ending.settledAt >= args.lookedUpAt and now - ending.settledAt < MARK_MS
  return (isShared or isNews) and ending or nil
end

local function boundReached()
  local flights = redis.call('SCARD', keyOf('flights', args.class))
  if args.class ~= 'caller' then return flights >= LOWER_BOUNDS[args.class] and 'total' or nil end
  if depthOf(rank, args.team) >= args.maxFlights then return 'team' end
  return flights >= args.total and 'total' or nil
end

local flight = readFlight(args.key)
local isNew = flight == nil
if isNew then
  local ending = endingFor()
  if ending then return reply({ state = 'settled', failure = ending.failure, hasCrashed = ending.crashed }) end
  local bound = boundReached()
  if bound then return reply({ state = 'refused', bound = bound }) end
  redis.call('HSET', keyOf('flight', args.key), 'descriptor', args.descriptor, 'enteredAt', whole(now))
  flight = { key = args.key, teams = {} }
  setReady(flight)
end
keep(keyOf('flight', args.key))

local before = rankOf(flight, args.team)
flight.teams[args.team] = flight.teams[args.team] or {}
local interest = flight.teams[args.team][args.replica]
flight.teams[args.team][args.replica] = {
  expiresAt = math.max(interest and interest.expiresAt or 0, args.expiresAt),
  rank = math.min(interest and interest.rank or rank, rank),
  weight = args.weight,
  total = args.withTotal or (interest ~= nil and interest.total),
}
writeInterest(flight, args.team, args.replica)
if not flight.claim then
  local after = rankOf(flight, args.team)
  if before and before ~= after then unplace(flight, args.team, before) end
  place(flight, args.team, after, args.weight)
end
return reply({ state = 'aboard', created = isNew, flying = flight.claim ~= nil })
`;

/** Linear in the interests of the flight. */
export const LEAVE = `
local flight = readFlight(args.key)
if flight then drop(flight, args.team, args.replica) end
return reply({})
`;

/** Linear in the teams; turns-ahead.ts does the sum. */
export const TURNS_AHEAD = `
local rivals = {}
local lane = readLane(1)
for _, turn in ipairs(lane.teams) do
  if turn.depth > 0 and turn.team ~= args.team then
    table.insert(rivals, { weight = turn.weight, depth = turn.depth, inflow = inflowOf(turn, lane.turns) })
  end
end
local answer = { own = depthOf(1, args.team) }
if #rivals > 0 then answer.rivals = rivals end
return reply(answer)
`;

/** Linear in the teams. */
export const DEPTHS = `
local function first(queue)
  local read = redis.call('ZRANGE', queue, 0, 0, 'WITHSCORES')
  return read[1], tonumber(read[2])
end

local depths = {}
for _, turn in ipairs(readLane(1).teams) do
  if turn.depth > 0 then
    local key, place = first(waitingOf(1, turn.team))
    local resting, restingPlace = first(restingOf(1, turn.team))
    if not key or (resting and restingPlace < place) then key = resting end
    local oldestAt = redis.call('HGET', keyOf('flight', key), 'enteredAt')
    table.insert(depths, { team = turn.team, flights = turn.depth, oldestAt = oldestAt and tonumber(oldestAt) })
  end
end
return reply(#depths > 0 and { depths = depths } or {})
`;
