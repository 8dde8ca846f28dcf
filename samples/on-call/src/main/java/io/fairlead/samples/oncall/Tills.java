package io.fairlead.samples.oncall;

import io.fairlead.client.RpcChannel;
import io.fairlead.registry.etcd.EtcdPolicySource;
import io.fairlead.registry.etcd.EtcdRegistry;
import io.fairlead.samples.oncall.shop.PaymentsRpc;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.logging.Level;
import java.util.logging.Logger;

/**
 * What takes live policies in 99 tills of the shop. They are in one process here; etcd sees as many
 * watches, leases and reports as of 99. Three of them make payments, and know that a payment must
 * not be made twice.
 */
final class Tills implements AutoCloseable {
  /** With the checkout they are a hundred. */
  private static final int COUNT = 99;

  private static final int PAYING = 3;

  /** Each till would say in its own log what the status says here. Loggers are held weakly. */
  private static final Logger QUIET = Logger.getLogger("io.fairlead");

  private final List<EtcdPolicySource> sources = new ArrayList<>();
  private final List<RpcChannel> channels = new ArrayList<>();

  Tills(EtcdRegistry registry) {
    QUIET.setLevel(Level.OFF);
    for (int i = 1; i <= COUNT; i++) {
      String id = String.format(Locale.ROOT, "till-%02d", i);
      EtcdPolicySource source = registry.policySource(id).caller("till").open();
      sources.add(source);
      if (i <= PAYING) {
        channels.add(
            RpcChannel.to("registry:///payments")
                .registry(registry)
                .service(PaymentsRpc.service())
                .livePolicies(source)
                .build());
      }
    }
  }

  int size() {
    return sources.size();
  }

  @Override
  public void close() {
    channels.forEach(RpcChannel::close);
    sources.forEach(EtcdPolicySource::close);
    QUIET.setLevel(null);
  }
}
