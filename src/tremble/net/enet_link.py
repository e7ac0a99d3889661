"""What is known of the way to an ENet peer: round trip, loss, and how much it lets through.

Round trip and variance are smoothed as TCP's (RFC 6298: 1/8 and 1/4). The throttle is libenet's: the
share of unreliable packets that leave, in 32nds. It falls when the round trip rises over the lowest
of the last interval by more than twice its variance, and grows again when it does not.
"""

from typing import Final

#: libenet's first guess of the round trip.
DEFAULT_ROUND_TRIP_MS: Final = 500.0
#: libenet's whole numbers never let the variance decay further; it keeps the resend time-out from
#: falling under the tick on which the other end answers.
MIN_VARIANCE_MS: Final = 3.0
TIMEOUT_LIMIT: Final = 32
TIMEOUT_MINIMUM_MS: Final = 5000
TIMEOUT_MAXIMUM_MS: Final = 30000

THROTTLE_SCALE: Final = 32
THROTTLE_COUNTER: Final = 7
THROTTLE_INTERVAL_MS: Final = 5000
THROTTLE_ACCELERATION: Final = 2
THROTTLE_DECELERATION: Final = 2
BANDWIDTH_INTERVAL_MS: Final = 1000
LOSS_INTERVAL_MS: Final = 10000

U32_MAX: Final = 0xFFFFFFFF


class PeerLink:
    """The measured half of a peer. Times are whole ms of the host's clock."""

    def __init__(self) -> None:
        self.heard_ms = 0  # when something was last acknowledged
        self.earliest_ms = -1  # sent time of the oldest command that has timed out since
        self.has_round_trip = False
        self.round_trip_ms = DEFAULT_ROUND_TRIP_MS
        self.variance_ms = 0.0
        self.last_round_trip_ms = DEFAULT_ROUND_TRIP_MS
        self.last_variance_ms = 0.0
        self.lowest_round_trip_ms = DEFAULT_ROUND_TRIP_MS
        self.highest_variance_ms = 0.0

        self.throttle = THROTTLE_SCALE
        self.throttle_limit = THROTTLE_SCALE
        self.throttle_counter = 0
        self.throttle_epoch_ms = -1
        self.throttle_interval = THROTTLE_INTERVAL_MS
        self.acceleration = THROTTLE_ACCELERATION
        self.deceleration = THROTTLE_DECELERATION

        self.timeout_limit = TIMEOUT_LIMIT
        self.timeout_minimum = TIMEOUT_MINIMUM_MS
        self.timeout_maximum = TIMEOUT_MAXIMUM_MS

        self.incoming_bandwidth = 0  # bytes a second that it can take; 0: any number
        self.bandwidth_epoch_ms = 0
        self.bytes_sent = 0  # since bandwidth_epoch_ms
        self.loss_epoch_ms = 0
        self.commands_sent = 0  # since loss_epoch_ms
        self.commands_lost = 0
        self.packet_loss = 0.0  # 0 to 1, smoothed over intervals of 10 s

    @property
    def round_trip_time(self) -> float:
        """Smoothed seconds from sending a reliable command to its acknowledgement."""
        return self.round_trip_ms / 1000.0

    @property
    def round_trip_time_variance(self) -> float:
        """Smoothed deviation from it, in seconds."""
        return self.variance_ms / 1000.0

    def set_timeout(self, limit: int, minimum: int, maximum: int) -> None:
        """Set when silence ends the connection; 0 restores a default.

        After *minimum* ms if a command was sent often enough for its time-out to have grown
        *limit*-fold, in any case after *maximum* ms. Defaults: 32, 5000, 30000.
        """
        self.timeout_limit = limit or TIMEOUT_LIMIT
        self.timeout_minimum = minimum or TIMEOUT_MINIMUM_MS
        self.timeout_maximum = maximum or TIMEOUT_MAXIMUM_MS

    def measure(self, sample: float, ms: int) -> None:
        """Count a measured round trip of *sample* ms; smooth it and adjust the throttle."""
        if self.has_round_trip:
            self._adjust_throttle(sample)
            difference = abs(sample - self.round_trip_ms)
            self.variance_ms += (difference - self.variance_ms) / 4.0
            self.round_trip_ms += (sample - self.round_trip_ms) / 8.0
        else:
            self.has_round_trip = True
            self.round_trip_ms = sample
            self.variance_ms = sample / 2.0
        self.variance_ms = max(self.variance_ms, MIN_VARIANCE_MS)
        self.lowest_round_trip_ms = min(self.lowest_round_trip_ms, self.round_trip_ms)
        self.highest_variance_ms = max(self.highest_variance_ms, self.variance_ms)
        if self.throttle_epoch_ms < 0 or ms >= self.throttle_epoch_ms + self.throttle_interval:
            self.last_round_trip_ms = self.lowest_round_trip_ms
            self.last_variance_ms = self.highest_variance_ms
            self.lowest_round_trip_ms = self.round_trip_ms
            self.highest_variance_ms = self.variance_ms
            self.throttle_epoch_ms = ms
        self.heard_ms = ms
        self.earliest_ms = -1

    def _adjust_throttle(self, sample: float) -> None:
        if self.last_round_trip_ms <= self.last_variance_ms:
            self.throttle = self.throttle_limit
        elif sample <= self.last_round_trip_ms:
            self.throttle = min(self.throttle + self.acceleration, self.throttle_limit)
        elif sample > self.last_round_trip_ms + 2.0 * self.last_variance_ms:
            self.throttle = max(self.throttle - self.deceleration, 0)

    def judge(self, ms: int) -> None:
        """Draw the line under the intervals that are over."""
        if ms >= self.loss_epoch_ms + LOSS_INTERVAL_MS:
            self._judge_loss(ms)
        if ms >= self.bandwidth_epoch_ms + BANDWIDTH_INTERVAL_MS:
            self._judge_bandwidth(ms)

    def _judge_loss(self, ms: int) -> None:
        if self.loss_epoch_ms and self.commands_sent:
            loss = min(self.commands_lost / self.commands_sent, 1.0)
            self.packet_loss += (loss - self.packet_loss) / 8.0
        self.loss_epoch_ms = ms
        self.commands_sent = 0
        self.commands_lost = 0

    def _judge_bandwidth(self, ms: int) -> None:
        """Let through the share of unreliable packets the peer said it can take, at least 1/32."""
        self.throttle_limit = THROTTLE_SCALE
        if self.incoming_bandwidth and self.bandwidth_epoch_ms:
            allowed = self.incoming_bandwidth * (ms - self.bandwidth_epoch_ms) // 1000
            if self.bytes_sent > allowed:
                self.throttle_limit = max(allowed * THROTTLE_SCALE // self.bytes_sent, 1)
        self.throttle = min(self.throttle, self.throttle_limit)
        self.bandwidth_epoch_ms = ms
        self.bytes_sent = 0
