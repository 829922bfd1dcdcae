import { CLASSES } from '../../fair-queue.ts';
import { MARK_MS } from '../../queue-rules.ts';

/**
 * What every script begins with. `KEYS[1]` is the root of all keys, which carries the hash tag; the keys below it are
 * put together here, since which they are depends on what is read. Arguments come as one JSON object.
 *
 * | below the root | type | holds |
 * |---|---|---|
 * | `flight:<key>` | hash | the sealed descriptor, setbacks, claim, and one field per interest |
 * | `waiting:<class>:<team>` | zset | flights that may be claimed, by place |
 * | `resting:<class>:<team>` | zset | flights that may not be claimed yet, by place |
 * | `flights:<class>` | set | every flight of the two above, once |
 * | `ready`, `rests` | set, zset | flights that may be claimed; those that rest, by the end of it |
 * | `lane:<class>` | hash | virtual time, turns taken, and one field per team |
 * | `claims`, `leases` | hash, zset | claims in the air: payer and flight; end of the lease |
 * | `slots` | hash | calls under way by team |
 * | `recent` | zset | claims of the last window, by their instant |
 * | `lower` | string | instant of the last claim below callers |
 * | `interests:<replica>` | zset | interests that wait, by their end |
 * | `replicas` | zset | replicas, by the instant from which they count as gone |
 * | `ending:<key>` | string | how a flight ended, for seconds |
 */
export const BASE = `
local root, args = KEYS[1], cjson.decode(ARGV[1])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

-- Nothing outlives the fleet for longer than this, whatever was going on when it ended.
local KEEP_MS = 3600000
-- A replica that has not been heard of for this long is gone, and what it waits for with it.
local HEARTBEAT_MS = 5000
local LEASE_MS = 3000
local MARK_MS = ${MARK_MS}
local CLASSES = cjson.decode('${JSON.stringify(CLASSES)}')
local RANKS = {}
for rank, class in ipairs(CLASSES) do RANKS[class] = rank end

local function keyOf(...) return root .. ':' .. table.concat({ ... }, ':') end
local function keep(key) redis.call('PEXPIRE', key, KEEP_MS) end
local function whole(number) return string.format('%.0f', number) end

-- Flights that this script took back from replicas that let go of them: back in the queue, or failed.
local returned, crashed = {}, {}

-- Every call says that the replica is there. One that counted as gone may have lost what it waits for.
local goneAt = tonumber(redis.call('ZSCORE', keyOf('replicas'), args.replica) or 0)
redis.call('ZADD', keyOf('replicas'), whole(now + HEARTBEAT_MS), args.replica)
keep(keyOf('replicas'))

local function reply(answer)
  answer.now = now
  answer.wasGone = goneAt <= now
  if #returned > 0 then answer.returned = returned end
  if #crashed > 0 then answer.crashed = crashed end
  return cjson.encode(answer)
end

local heard = {}
local function isGone(replica)
  if heard[replica] == nil then
    heard[replica] = tonumber(redis.call('ZSCORE', keyOf('replicas'), replica) or 0) > now
  end
  return not heard[replica]
end

local function isLive(interest, replica)
  return interest.expiresAt > now and not isGone(replica)
end
`;
