package io.fairlead.balance;

import io.fairlead.discovery.Endpoint;
import io.grpc.ConnectivityState;
import io.grpc.EquivalentAddressGroup;
import io.grpc.LoadBalancer.Helper;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/**
 * One endpoint as a channel knows it: its connections and figures. Changed only in the
 * synchronization context; picks read what is volatile.
 */
final class Member {
  private final Helper helper;
  private final Runnable onChange;
  private final LoadStats load = new LoadStats();
  private EquivalentAddressGroup addresses;
  private volatile MemberView view;
  private volatile Connection connection;
  private volatile double share = 1;
  private boolean failed;

  Member(
      Endpoint endpoint,
      EquivalentAddressGroup addresses,
      Helper helper,
      Surroundings surroundings,
      Runnable onChange) {
    this.helper = helper;
    this.onChange = onChange;
    this.addresses = addresses;
    this.view = new MemberView(endpoint, this);
    this.connection = new Connection(this, addresses, helper, surroundings);
  }

  void connect() {
    connection.connect();
  }

  void close() {
    connection.close();
  }

  /** Takes in what the registry says now; the connections stay. */
  void update(Endpoint endpoint, EquivalentAddressGroup newAddresses) {
    if (!endpoint.equals(view.endpoint())) {
      view = new MemberView(endpoint, this);
    }
    addresses = newAddresses;
  }

  /** Whether it lives at the same place, so that its connections may stay. */
  boolean livesAt(EquivalentAddressGroup group) {
    return addresses.getAddresses().equals(group.getAddresses());
  }

  MemberView view() {
    return view;
  }

  LoadStats load() {
    return load;
  }

  Connection connection() {
    return connection;
  }

  double share() {
    return share;
  }

  double reportedWeight() {
    return 0;
  }

  boolean isReady() {
    return connection.isReady();
  }

  /** Failing, and not known to have recovered: a new attempt to connect does not clear it. */
  boolean isFailing() {
    return failed && !isReady();
  }

  /** Whether the first attempt to connect has ended, one way or the other. */
  boolean isSettled() {
    return failed || isReady();
  }

  @Nullable Status error() {
    return connection.error();
  }

  void connectionChanged(Connection changed) {
    if (changed.state() == ConnectivityState.TRANSIENT_FAILURE) {
      failed = true;
    } else if (changed.isReady()) {
      failed = false;
    }
    onChange.run();
  }

  /** A name service may know of a new address; one that pushes its changes ignores this. */
  void refreshNames() {
    helper.refreshNameResolution();
  }

  void faultSeen() {}

  void loadReport(Metadata trailers) {}

  @Override
  public String toString() {
    return view.toString();
  }
}
