/**
 * Linear in the teams and in the interests of the flight, however many flights wait. Interests that are over are
 * dropped on the way to a flight that somebody waits for, so many a script; `more` asks for the next one.
 */
export const CLAIM = String.raw`
local DROPS = 100
local WAKES = 20
sweepLeases(WAKES)
wakeRested(WAKES)

local function tell(flight)
  return {
    key = flight.key, descriptor = flight.descriptor, withTotal = flight.total == '1',
    class = CLASSES[tonumber(flight.rank)], team = flight.payer, enteredAt = tonumber(flight.enteredAt),
    setbacks = {
      failed = tonumber(flight.failed or 0), throttled = tonumber(flight.throttled or 0),
      unauthorized = tonumber(flight.unauthorized or 0), unsent = tonumber(flight.unsent or 0),
      declined = tonumber(flight.declined or 0), outdated = tonumber(flight.outdated or 0),
    },
  }
end

-- Off the ground: out of every queue, with a lease that its replica must renew.
local function takeOff(flight, rank, team)
  local total = '0'
  for other, interests in pairs(flight.teams) do
    local at = rankOf(flight, other)
    redis.call('ZREM', waitingOf(at, other), flight.key)
    redis.call('SREM', keyOf('flights', CLASSES[at]), flight.key)
    for replica, interest in pairs(interests) do
      redis.call('ZREM', keyOf('interests', replica), memberOf(flight.key, other))
      -- A total costs Amperity more, so it is asked for only while somebody waits who wants it.
      if interest.total and isLive(interest, replica) then total = '1' end
    end
  end
  redis.call('SREM', keyOf('ready'), flight.key)
  flight.claim, flight.payer, flight.rank, flight.total = args.id, team, rank, total
  redis.call('HSET', keyOf('flight', flight.key), 'claim', args.id, 'payer', team, 'rank', rank, 'total', total,
    'since', whole(now), 'claims', whole((flight.claims or 0) + 1))
  redis.call('HSET', keyOf('claims'), args.id, memberOf(flight.key, team))
  redis.call('ZADD', keyOf('leases'), whole(now + LEASE_MS), args.id)
  redis.call('HINCRBY', keyOf('slots'), team, 1)
  addRecent(args.id, rank)
  for _, key in ipairs({ keyOf('flight', flight.key), keyOf('claims'), keyOf('leases'), keyOf('slots') }) do keep(key) end
  return flight
end

local function firstTurn(lane, slots, rivals)
  local first
  for _, turn in ipairs(lane.teams) do
    local isBefore = not first or turn.start < first.start or (turn.start == first.start and turn.order < first.order)
    if turn.ready > 0 and isBefore and mayTake(turn.team, slots, rivals) then first = turn end
  end
  return first
end

local drops = 0
local function claimFrom(rank, slots)
  local lane = readLane(rank)
  forgetIdle(rank, lane)
  local rivals = rivalsIn(lane)
  local turn = firstTurn(lane, slots, rivals)
  while turn and drops < DROPS do
    local key = redis.call('ZRANGE', waitingOf(rank, turn.team), 0, 0)[1]
    local flight = key and readFlight(key)
    if flight and not flight.claim then
      for replica, interest in pairs(flight.teams[turn.team] or {}) do
        if not isLive(interest, replica) then drop(flight, turn.team, replica) end
      end
      if rankOf(flight, turn.team) == rank then
        charge(rank, turn, lane)
        return takeOff(flight, rank, turn.team)
      end
    end
    -- It is out of this queue already, unless Redis has lost part of it under memory pressure.
    if key then redis.call('ZREM', waitingOf(rank, turn.team), key) end
    if key and not flight then
      redis.call('SREM', keyOf('flights', CLASSES[rank]), key)
      redis.call('SREM', keyOf('ready'), key)
    end
    drops = drops + 1
    turn.ready = redis.call('ZCARD', waitingOf(rank, turn.team))
    turn = firstTurn(lane, slots, rivals)
  end
end

local inMs = lowerInMs()
local function claimNext()
  local known = redis.call('HGET', keyOf('claims'), args.id)
  if known then return readFlight(string.match(known, '^.-\n(.*)$')) end
  local slots = readSlots()
  for rank = 1, inMs > 0 and RANKS.caller or #CLASSES do
    local flight = claimFrom(rank, slots)
    if flight or drops >= DROPS then return flight end
  end
end

local flight = claimNext()
return reply({
  claim = flight and tell(flight), lowerInMs = redis.call('SCARD', keyOf('flights', 'caller')) > 0 and 0 or inMs,
  waiting = redis.call('SCARD', keyOf('ready')),
  more = not flight and drops >= DROPS,
})
`;

/** Linear in the interests of the flight. */
export const REQUEUE = `
local flight = readFlight(args.key)
if not flight or flight.claim ~= args.id then return reply({ isBack = false }) end
land(args.id, flight.payer, flight)
redis.call('HSET', keyOf('flight', args.key), 'claims', 0)
redis.call('HINCRBY', keyOf('flight', args.key), args.setback, 1)
if args.setback == 'declined' then
  refund(tonumber(flight.rank), flight.payer)
end
-- No call came of it.
if args.setback == 'declined' or args.setback == 'unsent' then redis.call('ZREM', keyOf('recent'), args.id) end
keep(keyOf('flight', args.key))
return reply({ isBack = putBack(flight, args.restMs) })
`;

/** Constant time. */
export const SETTLE = `
local flight = readFlight(args.key)
if not flight or flight.claim ~= args.id then return reply({ settled = false }) end
land(args.id, flight.payer, flight)
erase(flight)
remember(args.key, { failure = args.failure }, args.failure and args.failureMs or 0)
return reply({ settled = true })
`;

/** Linear in the claims of the replica, which are no more than its calls under way. */
export const RENEW = String.raw`
local lost = {}
for _, id in ipairs(args.claims) do
  local known = redis.call('HGET', keyOf('claims'), id)
  if known then
    redis.call('ZADD', keyOf('leases'), whole(now + LEASE_MS), id)
    keep(keyOf('flight', string.match(known, '^.-\n(.*)$')))
  else
    table.insert(lost, id)
  end
end
for _, key in ipairs({ keyOf('claims'), keyOf('leases'), keyOf('slots') }) do keep(key) end
sweep(20)
return reply({ lost = #lost > 0 and lost or nil })
`;
