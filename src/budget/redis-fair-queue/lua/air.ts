/**
 * Flights in the air and on their way back. Sweeps take a limited number each, so that no script runs long; what one
 * leaves the next one takes.
 */
export const AIR = String.raw`
-- Gives the claim's slot back. The flight, if it is still there, is neither in the air nor in a queue.
local function land(id, team, flight)
  if redis.call('HINCRBY', keyOf('slots'), team, -1) <= 0 then redis.call('HDEL', keyOf('slots'), team) end
  redis.call('HDEL', keyOf('claims'), id)
  redis.call('ZREM', keyOf('leases'), id)
  if not flight then return end
  redis.call('HDEL', keyOf('flight', flight.key), 'claim')
  flight.claim = nil
end

-- Back to the head of every team's queue, for whoever is still there. False: nobody is.
local function putBack(flight, restMs)
  -- A deadline bounds the wait for permits, so it stood still while the flight was in the air.
  local airMs = now - tonumber(flight.since)
  for team, interests in pairs(flight.teams) do
    for replica, interest in pairs(interests) do
      if isGone(replica) then
        interests[replica] = nil
        redis.call('HDEL', keyOf('flight', flight.key), fieldOf(team, replica))
      else
        interest.expiresAt = interest.expiresAt + airMs
        writeInterest(flight, team, replica)
      end
    end
    if next(interests) == nil then flight.teams[team] = nil end
  end
  if next(flight.teams) == nil then
    erase(flight)
    return false
  end
  if restMs > 0 then
    flight.rests = '1'
    redis.call('HSET', keyOf('flight', flight.key), 'rests', '1')
    redis.call('ZADD', keyOf('rests'), whole(now + restMs), flight.key)
    keep(keyOf('rests'))
  else
    setReady(flight)
  end
  for _, team in ipairs(teamsOf(flight)) do
    local _, interest = next(flight.teams[team])
    place(flight, team, rankOf(flight, team), interest.weight, true)
  end
  return true
end

-- Flights whose rest is over keep their places. At most limit of them.
local function wakeRested(limit)
  for _, key in ipairs(redis.call('ZRANGEBYSCORE', keyOf('rests'), '-inf', whole(now), 'LIMIT', 0, limit)) do
    redis.call('ZREM', keyOf('rests'), key)
    local flight = readFlight(key)
    if flight then
      redis.call('HDEL', keyOf('flight', key), 'rests')
      for _, team in ipairs(teamsOf(flight)) do
        local rank = rankOf(flight, team)
        local at = redis.call('ZSCORE', restingOf(rank, team), key)
        if at then
          local clock = readClock(rank)
          local turn = readTurn(rank, team, 1, clock)
          if redis.call('ZCARD', waitingOf(rank, team)) == 0 then comeBack(turn, clock) end
          redis.call('ZREM', restingOf(rank, team), key)
          redis.call('ZADD', waitingOf(rank, team), at, key)
          keep(waitingOf(rank, team))
          writeTurn(rank, turn)
        end
      end
      setReady(flight)
    end
  end
end

local function remember(key, ending, sharedMs)
  ending.settledAt, ending.sharedUntil = now, now + sharedMs
  redis.call('SET', keyOf('ending', key), cjson.encode(ending), 'PX', whole(math.max(MARK_MS, sharedMs)))
end

-- Flights whose replica has let go of them come back, or fail once that has happened too often: what is in them may
-- be what ends the replicas. At most limit of them.
local function sweepLeases(limit)
  for _, id in ipairs(redis.call('ZRANGEBYSCORE', keyOf('leases'), '-inf', whole(now), 'LIMIT', 0, limit)) do
    local team, key = string.match(redis.call('HGET', keyOf('claims'), id) or '\n', '^(.-)\n(.*)$')
    local flight = readFlight(key)
    if flight and flight.claim ~= id then flight = nil end
    land(id, team, flight)
    if flight and tonumber(flight.claims) >= args.maxClaims then
      erase(flight)
      remember(key, { crashed = true }, args.crashedMs)
      table.insert(crashed, key)
    elseif flight and putBack(flight, 0) then
      table.insert(returned, key)
    end
  end
end

-- Interests of a replica that are over by upTo. At most limit of them; whether there may be more.
local function sweepInterests(replica, upTo, limit)
  local over = redis.call('ZRANGEBYSCORE', keyOf('interests', replica), '-inf', upTo, 'LIMIT', 0, limit)
  for _, member in ipairs(over) do
    local team, key = string.match(member, '^(.-)\n(.*)$')
    redis.call('ZREM', keyOf('interests', replica), member)
    local flight = readFlight(key)
    if flight then drop(flight, team, replica) end
  end
  return #over == limit
end

-- What is over of this replica's own and of one that is gone, which is forgotten with the last of it.
local function sweep(limit)
  sweepLeases(limit)
  sweepInterests(args.replica, whole(now), limit)
  local gone = redis.call('ZRANGEBYSCORE', keyOf('replicas'), '-inf', whole(now), 'LIMIT', 0, 1)[1]
  if gone and not sweepInterests(gone, '+inf', limit) then redis.call('ZREM', keyOf('replicas'), gone) end
end
`;
