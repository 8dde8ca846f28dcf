package io.fairlead.gateway.internal.proxy;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import java.util.Collection;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What a source has of the contracts of one backend. Immutable; equal to what was found in another
 * order.
 *
 * @param services the full names of those that the backend serves
 * @param files all that the contracts need, by name. They may declare further services.
 */
record FoundContracts(Set<String> services, Map<String, FileDescriptorProto> files) {
  FoundContracts {
    services = Set.copyOf(services);
    files = Collections.unmodifiableMap(new TreeMap<>(files));
  }

  static FoundContracts of(Set<String> services, Collection<FileDescriptorProto> files) {
    return new FoundContracts(
        services,
        files.stream()
            .collect(
                Collectors.toMap(
                    FileDescriptorProto::getName, each -> each, (first, again) -> first)));
  }
}
