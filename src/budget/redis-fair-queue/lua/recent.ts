/** When flights were claimed, for the pace of the lower classes; see recent-claims.ts. As many as fit into a window. */
export const RECENT = `
local function addRecent(id, rank)
  if not args.pace then return end
  local keepMs = whole(math.max(args.pace.windowMs, args.pace.gapMs))
  redis.call('ZADD', keyOf('recent'), whole(now), id)
  redis.call('PEXPIRE', keyOf('recent'), keepMs)
  if rank > RANKS.caller then redis.call('SET', keyOf('lower'), whole(now), 'PX', keepMs) end
end

local function lowerInMs()
  local pace, recent = args.pace, keyOf('recent')
  if not pace then return 0 end
  redis.call('ZREMRANGEBYSCORE', recent, '-inf', whole(now - pace.windowMs))
  -- Another server may have taken over whose clock is behind.
  redis.call('ZREMRANGEBYSCORE', recent, '(' .. whole(now), '+inf')
  local last = tonumber(redis.call('GET', keyOf('lower')) or 0)
  local gap = last <= now and last + pace.gapMs - now or 0
  local excess = redis.call('ZCARD', recent) - pace.below
  if excess < 0 then return math.max(0, gap) end
  local at = tonumber(redis.call('ZRANGE', recent, excess, excess, 'WITHSCORES')[2] or now)
  return math.max(0, gap, at + pace.windowMs - now)
end
`;
