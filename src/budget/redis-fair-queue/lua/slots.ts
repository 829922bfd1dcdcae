/** Who may take one more of the concurrent calls; see slot-shares.ts. Linear in the teams. */
export const SLOTS = `
local function readSlots()
  local fields = redis.call('HGETALL', keyOf('slots'))
  local slots = { total = 0, of = {}, part = 0 }
  if args.teams > 1 then slots.part = math.floor(args.maxInFlight / (2 * args.teams)) end
  for at = 1, #fields, 2 do
    slots.of[fields[at]] = tonumber(fields[at + 1])
    slots.total = slots.total + slots.of[fields[at]]
  end
  return slots
end

-- Slots that the other teams' parts still lack.
local function setAsideFor(team, slots)
  local lacking = slots.part * (args.teams - 1)
  for other, flying in pairs(slots.of) do
    if other ~= team then lacking = lacking - math.min(flying, slots.part) end
  end
  return math.max(0, lacking)
end

-- Rivals are the teams that have something waiting, by weight, the team itself among them.
local function mayTake(team, slots, rivals)
  local mine = slots.of[team] or 0
  if slots.total >= args.maxInFlight then return false end
  if mine < slots.part then return true end
  if slots.total + setAsideFor(team, slots) >= args.maxInFlight then return false end
  if rivals.count < 2 then return true end
  return mine < math.max(1, args.maxInFlight * rivals.weight[team] / rivals.sum)
end

local function rivalsIn(lane)
  local rivals = { count = 0, sum = 0, weight = {} }
  for _, turn in ipairs(lane.teams) do
    if turn.depth > 0 then
      rivals.count = rivals.count + 1
      rivals.sum = rivals.sum + turn.weight
      rivals.weight[turn.team] = turn.weight
    end
  end
  return rivals
end
`;
