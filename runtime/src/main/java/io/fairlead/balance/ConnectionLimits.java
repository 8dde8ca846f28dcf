package io.fairlead.balance;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How many connections a channel keeps to each endpoint.
 *
 * @param least kept always
 * @param most opened when the ones there are full
 * @param streams calls on one connection that make it full
 */
public record ConnectionLimits(int least, int most, int streams) {
  /** One connection: right for most, since HTTP/2 carries many calls on it. */
  public static final ConnectionLimits ONE = new ConnectionLimits(1, 1, 100);

  public ConnectionLimits {
    if (least < 1 || most < least || most > 64) {
      throw new IllegalArgumentException(
          "connections are " + least + " to " + most + "; use 1 <= least <= most <= 64");
    }
    if (streams < 1) {
      throw new IllegalArgumentException(
          "connections.streams is " + streams + "; use 1 or more, e.g. 100");
    }
  }

  static ConnectionLimits parse(Params params) {
    int least = params.integer("least", 1, 1, 64);
    ConnectionLimits parsed =
        new ConnectionLimits(
            least,
            params.integer("most", least, 1, 64),
            params.integer("streams", 100, 1, Integer.MAX_VALUE));
    params.done();
    return parsed;
  }

  Map<String, ?> toConfig() {
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("least", (double) least);
    config.put("most", (double) most);
    config.put("streams", (double) streams);
    return config;
  }
}
