/** How the figures come about; goes into every result. */
export const METHOD: readonly string[] = [
  'Counts and arrival times are read from the journal of the simulator, which plays Amperity; latencies are taken by the load generator, from sending a question to the last byte of its answer. Nothing is read from the own metrics of what is measured.',
  'Simulator, gateway and load generator are processes of their own on loopback. The gateway is the compiled one; where cores can be assigned, it has one for itself, and the load generator and the simulator share another, or have one each.',
  'Several replicas and the redis-server that is started for them share all cores with the rest. Callers ask them in turn; of the five equal teams three ask one replica only, one another, and the one with the load of a hundred asks all.',
  'Each run of a case begins with a new simulator and a new gateway. A run in which the event loop of the simulator stalled for more than 20 ms is repeated, twice at most.',
  'Floods run with queue { perTeam: 2000, total: 5000, maxWaitMs: 300000 } and without simulated latency unless latency is the subject. Callers of a flood each ask a new question as soon as the last is answered.',
  'Required figures are required of every run. With several runs tables show the median and, in brackets, the smallest and largest value. Beside the gateway stands a minimal proxy (node:http, axios, a map as cache) that passes every request to Bottleneck by one schedule call; "> n" means that the run ended first.',
];
