/**
 * A service that shows a running process to its operators, and lets them act on it. Its contract is
 * {@code fairlead/admin/v1/admin.proto}.
 */
@NullMarked
package io.fairlead.admin;

import org.jspecify.annotations.NullMarked;
