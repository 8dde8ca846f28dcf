package io.fairlead.etcd.embedded;

import io.grpc.Status;

/** The errors of a real etcd, word for word: clients compare the text. */
final class EtcdErrors {
  static final Status EMPTY_KEY = invalid("key is not provided");
  static final Status KEY_NOT_FOUND = invalid("key not found");
  static final Status VALUE_PROVIDED = invalid("value is provided");
  static final Status LEASE_PROVIDED = invalid("lease is provided");
  static final Status TOO_MANY_OPS = invalid("too many operations in txn request");
  static final Status DUPLICATE_KEY = invalid("duplicate key given in txn request");
  static final Status INVALID_SORT = invalid("invalid sort option");
  static final Status REQUEST_TOO_LARGE = invalid("request is too large");
  static final Status COMPACTED =
      error(Status.OUT_OF_RANGE, "mvcc: required revision has been compacted");
  static final Status FUTURE_REVISION =
      error(Status.OUT_OF_RANGE, "mvcc: required revision is a future revision");
  static final Status LEASE_NOT_FOUND = error(Status.NOT_FOUND, "requested lease not found");
  static final Status LEASE_EXISTS = error(Status.FAILED_PRECONDITION, "lease already exists");
  static final Status LEASE_TTL_TOO_LARGE = error(Status.OUT_OF_RANGE, "too large lease TTL");
  static final Status AUTH_NOT_ENABLED =
      error(Status.FAILED_PRECONDITION, "authentication is not enabled");

  private EtcdErrors() {}

  private static Status invalid(String text) {
    return error(Status.INVALID_ARGUMENT, text);
  }

  private static Status error(Status code, String text) {
    return code.withDescription("etcdserver: " + text);
  }
}
