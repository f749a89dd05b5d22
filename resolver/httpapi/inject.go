package httpapi

func configWithInjectedTest(r *request) (content, error)       { return nil, notImplemented }
func mergedConfigWithInjectedTest(r *request) (content, error) { return nil, notImplemented }
