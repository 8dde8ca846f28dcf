package io.fairlead.registry.etcd;

import io.fairlead.discovery.Registration;

/** How a registration stands. */
public record RegistrationHealth(String service, String endpointId, Registration.Status status) {}
