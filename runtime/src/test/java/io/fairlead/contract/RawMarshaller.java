package io.fairlead.contract;

import io.grpc.MethodDescriptor;
import java.io.InputStream;

/** A marshaller that hands on a stream, which can be read once: as of users who want the bytes. */
public enum RawMarshaller implements MethodDescriptor.Marshaller<InputStream> {
  INSTANCE;

  @Override
  public InputStream stream(InputStream value) {
    return value;
  }

  @Override
  public InputStream parse(InputStream stream) {
    return stream;
  }
}
