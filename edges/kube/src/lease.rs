//! Leader election by a `coordination.k8s.io/v1` Lease, with client-go's rules.
