package io.fairlead.bench.dubbo;

import io.fairlead.bench.BenchClient;
import io.fairlead.bench.BenchServer;
import io.fairlead.bench.Variant;
import io.fairlead.bench.Wire;
import io.fairlead.bench.v1.Echo;
import org.apache.dubbo.common.constants.CommonConstants;
import org.apache.dubbo.config.ApplicationConfig;
import org.apache.dubbo.config.ProtocolConfig;
import org.apache.dubbo.config.ReferenceConfig;
import org.apache.dubbo.config.RegistryConfig;
import org.apache.dubbo.config.ServiceConfig;
import org.apache.dubbo.config.bootstrap.DubboBootstrap;

/**
 * Dubbo's Triple protocol: generated service and client, no registry. A JVM is one Dubbo
 * application, so it can be the server or the client, not both.
 */
public final class DubboVariant implements Variant {
  private static final int ANY_FREE_PORT = -1;
  private static final int DEADLINE_MILLIS = 10_000;

  private boolean connected;

  /** Made by ServiceLoader. */
  public DubboVariant() {}

  @Override
  public String name() {
    return "dubbo";
  }

  @Override
  public BenchServer startServer(Wire wire) {
    requirePlaintext(wire);
    ProtocolConfig protocol = new ProtocolConfig(CommonConstants.TRIPLE, ANY_FREE_PORT);
    ServiceConfig<Echo> service = new ServiceConfig<>();
    service.setInterface(Echo.class);
    service.setRef(new DubboEcho());
    DubboBootstrap bootstrap = bootstrap("bench-server");
    bootstrap.protocol(protocol).service(service).start();
    int port = service.getExportedUrls().get(0).getPort();
    return new BenchServer() {
      @Override
      public int port() {
        return port;
      }

      @Override
      public void close() {
        bootstrap.stop();
      }
    };
  }

  @Override
  public BenchClient connect(Wire wire, int port) {
    requirePlaintext(wire);
    if (connected) {
      throw new UnsupportedOperationException(
          "All references of a Dubbo application share one connection to a server");
    }
    connected = true;
    ReferenceConfig<Echo> reference = new ReferenceConfig<>();
    reference.setInterface(Echo.class);
    reference.setTimeout(DEADLINE_MILLIS);
    DubboBootstrap bootstrap = bootstrap("bench-client");
    reference.setUrl("tri://127.0.0.1:" + port);
    bootstrap.reference(reference).start();
    return new DubboClient(reference.get(), bootstrap::stop);
  }

  private static void requirePlaintext(Wire wire) {
    if (wire.tls()) {
      throw new UnsupportedOperationException(
          "The bench runs Dubbo in plaintext only: the TLS client of 3.3.6 does not tell Netty the"
              + " server's name, so Netty 4.2 refuses every certificate. Leave dubbo out of a TLS run.");
    }
  }

  private static DubboBootstrap bootstrap(String name) {
    ApplicationConfig application = new ApplicationConfig(name);
    application.setQosEnable(false);
    return DubboBootstrap.getInstance()
        .application(application)
        .registry(new RegistryConfig(RegistryConfig.NO_AVAILABLE));
  }
}
