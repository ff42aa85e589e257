"""The declaration of ``traffic_video/signals``: a computed task, its bundle holds settings."""

from __future__ import annotations

from lepton_core.solution import Task
from lepton_core.spec import Column, Spec

INPUTS = Spec(
    (
        Column(
            "record_id",
            "string",
            "id",
            required=False,
            made_of=("intersection", "period", "movement"),
            description="one movement or lane group in one period; each stands once",
        ),
        Column("intersection", "string", "meta", description="what is planned together"),
        Column("period", "string", "meta", required=False, description="each has its own plan"),
        Column("movement", "string", "meta", required=False, description="its name"),
        Column("flow", "float64", unit="veh/h", low=0, high=20000, description="what comes"),
        Column(
            "flow_low",
            "float64",
            unit="veh/h",
            low=0,
            high=20000,
            required=False,
            description="lower end of its 90% interval, as a forecast gives it",
        ),
        Column(
            "flow_high",
            "float64",
            unit="veh/h",
            low=0,
            high=20000,
            required=False,
            description="upper end of its 90% interval",
        ),
        Column(
            "saturation",
            "float64",
            unit="veh/h",
            low=100,
            high=30000,
            required=False,
            description="what leaves in an hour of green, all lanes together; 1800 a lane if empty",
        ),
        Column("lanes", "int64", low=1, high=10, required=False, description="1 if empty"),
        Column(
            "phases",
            "string",
            description="the phases, by number from 1, in which it has green: 2, or 2 3",
        ),
        Column(
            "crossing_m",
            "float64",
            unit="m",
            low=0,
            high=60,
            required=False,
            description="how far pedestrians walk who have green with it",
        ),
        Column(
            "min_green_s",
            "float64",
            unit="s",
            low=0,
            high=120,
            required=False,
            description="shortest green of this movement, where longer than the setting",
        ),
    )
)

OUTPUTS = Spec(
    (
        Column("record_id", "string", "id"),
        Column("cycle", "int64", "output", unit="s"),
        Column("start", "int64", "output", unit="s", description="of its green in the cycle"),
        Column("green", "int64", "output", unit="s", description="as shown"),
        Column("x", "float32", "output", description="degree of saturation"),
        Column("delay", "float32", "output", unit="s/veh", description="control delay, HCM"),
        Column(
            "delay_webster",
            "float32",
            "output",
            unit="s/veh",
            description="Webster's formula for a flow that lasts; empty from saturation on",
        ),
        Column("queue95", "float32", "output", unit="veh", description="of a lane, HCM"),
        Column("los", "string", "output", description="level of service, A to F"),
        Column("critical", "bool", "output", description="whether it decides the cycle"),
        Column(
            "delay_equal",
            "float32",
            "output",
            unit="s/veh",
            description="with equal greens in the same cycle",
        ),
        Column("delay_low", "float32", "output", unit="s/veh", description="at flow_low"),
        Column("delay_high", "float32", "output", unit="s/veh", description="at flow_high"),
        Column(
            "plan_delay",
            "float32",
            "output",
            unit="s/veh",
            description="mean of all vehicles of the intersection",
        ),
        Column("plan_equal", "float32", "output", unit="s/veh", description="with equal greens"),
        Column(
            "reserve",
            "float32",
            "output",
            description="share by which all flows may grow until the longest cycle is full at 0.9",
        ),
        Column("notes", "string", "output", description="what a person should know"),
        Column("review", "bool", "output", description="whether a movement is beyond capacity"),
        Column("bundle", "string", "meta"),
    )
)

ABOUT = {
    "intended_use": (
        "Finds fixed-time plans for single intersections from flows, counted or forecast, and says "
        "what they are worth: delay, queue and level of service of each movement, beside equal "
        "greens, also at the ends of the flows' interval. A signal engineer checks and enters them."
    ),
    "not_for": (
        "Running a signal: conflicts between movements, intergreens of each pair and what the law "
        "asks are not checked; phases are taken as given. Coordinated or vehicle-actuated signals, "
        "for which delays are others."
    ),
    "limits": (
        "Vehicles come by chance, not in platoons from a signal nearby. Turns that give way to "
        "others, short lanes that overflow and queues that reach the next intersection are seen "
        "only as far as the given saturation flow holds them. Near and above capacity the delay "
        "depends on how long the flows last (setting plan.hours)."
    ),
}

TASK = Task(
    name="traffic_video/signals",
    title="traffic_video.signals.title",
    package="solutions.traffic_video.signals",
    inputs=INPUTS,
    outputs=OUTPUTS,
    config="config:Config",
    preprocessor="preprocessing:PlanPreprocessor",
    trainer="training:train",
    sample="sample:generate",
    sample_data="signals_sample",
    protocols={"*": "evaluation:all_records"},
    measures="evaluation:measures",
    baselines="evaluation:baselines",
    about=ABOUT,
    headline=("delay", "oversaturated"),
    stateful=True,
    together=("intersection", "period"),
)
