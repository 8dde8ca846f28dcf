package io.fairlead.junit5;

import io.fairlead.client.RpcChannel;
import io.fairlead.etcd.embedded.EmbeddedEtcd;
import io.fairlead.server.RpcServer;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.BeforeEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * A real server on a free port of loopback, and a channel to it, for the time of a test; in a
 * static field, for the time of a test class.
 *
 * <pre>{@code
 * @RegisterExtension
 * static final FairleadExtension fairlead =
 *     FairleadExtension.builder().service(InventoryRpc.bind(new FakeInventory())).build();
 *
 * @Test
 * void reserves() {
 *   Inventory inventory = InventoryRpc.client(fairlead.channel());
 * }
 * }</pre>
 *
 * <p>With {@link Builder#etcd} the server is registered in an embedded etcd, and the channel finds
 * it there. What was opened is closed in the opposite order, also after a failed test.
 */
public final class FairleadExtension
    implements BeforeAllCallback, AfterAllCallback, BeforeEachCallback, AfterEachCallback {
  private final Plan plan;
  private @Nullable Fixture fixture;
  private boolean forTheClass;

  private FairleadExtension(Plan plan) {
    this.plan = plan;
  }

  /** Starts with no service; give it at least one. */
  public static Builder builder() {
    return new Builder();
  }

  /** Returns a channel to the server; the extension closes it. */
  public RpcChannel channel() {
    return running().channel();
  }

  /** Returns the server. */
  public RpcServer server() {
    return running().server();
  }

  /** Returns the port of the server on loopback. */
  public int port() {
    return server().port();
  }

  /**
   * Returns the embedded etcd.
   *
   * @throws IllegalStateException if {@link Builder#etcd} was not called
   */
  public EmbeddedEtcd etcd() {
    EmbeddedEtcd etcd = running().etcd();
    if (etcd == null) {
      throw new IllegalStateException(
          "this FairleadExtension has no etcd; call etcd() on its builder");
    }
    return etcd;
  }

  private Fixture running() {
    Fixture now = fixture;
    if (now == null) {
      throw new IllegalStateException(
          "this FairleadExtension does not run; annotate its field with @RegisterExtension, and use"
              + " it from within a test");
    }
    return now;
  }

  @Override
  public void beforeAll(ExtensionContext context) {
    forTheClass = true;
    fixture = Fixture.open(plan);
  }

  @Override
  public void beforeEach(ExtensionContext context) {
    if (!forTheClass) {
      fixture = Fixture.open(plan);
    }
  }

  @Override
  public void afterEach(ExtensionContext context) {
    if (!forTheClass) {
      close();
    }
  }

  @Override
  public void afterAll(ExtensionContext context) {
    close();
    forTheClass = false;
  }

  private void close() {
    Fixture now = fixture;
    fixture = null;
    if (now != null) {
      now.close();
    }
  }

  /** What to open. */
  record Plan(
      String name,
      boolean etcd,
      List<ServerServiceDefinition> services,
      UnaryOperator<RpcServer.Builder> server,
      UnaryOperator<RpcChannel.Builder> channel) {}

  /** Collects what a test needs. */
  public static final class Builder {
    private final List<ServerServiceDefinition> services = new ArrayList<>();
    private String name = "under-test";
    private boolean etcd;
    private UnaryOperator<RpcServer.Builder> server = UnaryOperator.identity();
    private UnaryOperator<RpcChannel.Builder> channel = UnaryOperator.identity();

    private Builder() {}

    /** Adds a service, as generated code binds it: {@code InventoryRpc.bind(handler)}. */
    public Builder service(ServerServiceDefinition service) {
      services.add(service);
      return this;
    }

    /** Adds a service of stock generated code. */
    public Builder service(BindableService service) {
      return service(service.bindService());
    }

    /** Sets the server's name, also in the registry; {@code under-test} if not set. */
    public Builder name(String serverName) {
      this.name = serverName;
      return this;
    }

    /** Registers the server in an embedded etcd, where the channel finds it. */
    public Builder etcd() {
      this.etcd = true;
      return this;
    }

    /** Changes the server before it starts: limits, an authorizer, TLS. */
    public Builder server(UnaryOperator<RpcServer.Builder> change) {
      this.server = change;
      return this;
    }

    /** Changes the channel before it is built: policies, fallbacks, observers. */
    public Builder channel(UnaryOperator<RpcChannel.Builder> change) {
      this.channel = change;
      return this;
    }

    /**
     * Returns the extension.
     *
     * @throws IllegalStateException if no service was given
     */
    public FairleadExtension build() {
      if (services.isEmpty()) {
        throw new IllegalStateException(
            "a FairleadExtension needs a service; add one with service(InventoryRpc.bind(...))");
      }
      return new FairleadExtension(new Plan(name, etcd, List.copyOf(services), server, channel));
    }
  }
}
