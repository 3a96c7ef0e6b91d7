"""Replays a corpus of API server exchanges, ten scenarios at a time: replay.py CORPUS HOST:PORT NEEDS [NAME ...].
With names, only those, one after the other."""
import concurrent.futures, glob, json, os, sys

corpus, address, needs, *names = sys.argv[1:]
sys.path.insert(0, os.path.join(corpus, "replay"))
import engine, norm

host, port = address.rsplit(":", 1)


def replay(scenario):
    try:
        got = engine.run_scenario(engine.Client(host, int(port), None), scenario)
    except Exception as error:
        return scenario["name"], [repr(error)]
    rules = set(scenario.get("volatile", [])), scenario.get("relations", []), scenario.get("unordered", [])
    return scenario["name"], norm.compare(scenario, got, *rules)


every = [json.load(open(path)) for path in sorted(glob.glob(os.path.join(corpus, "scenarios", "*.json")))]
every = [scenario for scenario in every if needs in scenario["needs"]]
if names:
    every = [scenario for scenario in every if scenario["name"] in names]
# Some compare lists of the whole server, which the others change.
done = [replay(scenario) for scenario in every if scenario.get("fresh_server")]
with concurrent.futures.ThreadPoolExecutor(1 if names else 10) as pool:
    done += pool.map(replay, [scenario for scenario in every if not scenario.get("fresh_server")])
differ = [(name, found) for name, found in done if found]
for name, found in differ:
    print("DIFF", name, len(found), found[:2])
print(len(done), "replayed,", len(differ), "differ")
