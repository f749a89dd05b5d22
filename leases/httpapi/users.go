package httpapi

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/drover-ci/drover/leases"
	"github.com/drover-ci/drover/schema"
)

// User is somebody who may use leases.
type User struct {
	Name string `json:"name"`
	// Password is the bcrypt hash of the password, as htpasswd -nB prints it.
	Password string `json:"password,omitempty"`
	// Token is the SHA-256 hash of a bearer token, in hexadecimal digits.
	Token string `json:"token,omitempty"`
	// Owners are the owners that the user may act for, as patterns: * stands for
	// anything but a slash. Default: the user's own name.
	Owners []string `json:"owners,omitempty"`
	// Admin may act for everybody, and take leases from those who are not heard
	// of.
	Admin bool `json:"admin,omitempty"`
}

func (u *User) mayActFor(owner string) bool {
	if u.Admin || len(u.Owners) == 0 && owner == u.Name {
		return true
	}
	for _, pattern := range u.Owners {
		if ok, _ := path.Match(pattern, owner); ok {
			return true
		}
	}
	return false
}

// reread is how often the file of users is looked at.
const reread = 2 * time.Second

// Users is who may use leases, from a file that is read again when it changes.
type Users struct {
	file string
	// comparing is held while a password is compared.
	comparing sync.Mutex

	mu      sync.Mutex
	looked  time.Time
	changed time.Time
	users   []User
	// known remembers the hashes of secrets that were right, as bcrypt is slow on
	// purpose.
	known map[[sha256.Size]byte]string
}

// LoadUsers reads a file of users:
//
//	users:
//	- name: ci
//	  password: $2y$10$...           # htpasswd -nB ci
//	  owners: ["ci-op-*"]
//	- name: reaper
//	  token: 9f86d081884c7d65...     # printf %s "$token" | sha256sum
//	  admin: true
func LoadUsers(file string) (*Users, error) {
	u := &Users{file: file}
	err := u.read()
	return u, err
}

func (u *Users) read() error {
	info, err := os.Stat(u.file)
	if err != nil {
		return fmt.Errorf("read the users: %w", err)
	}
	if info.ModTime().Equal(u.changed) {
		return nil
	}
	content, err := os.ReadFile(u.file)
	if err != nil {
		return fmt.Errorf("read the users: %w", err)
	}
	var list struct {
		Users []User `json:"users"`
	}
	judged, err := leases.Decode(u.file, content, schema.LeaseUsers, &list)
	if err == nil {
		checkUsers(list.Users, judged)
		err = judged.Err()
	}
	if err != nil {
		return fmt.Errorf("read the users: %w", err)
	}
	u.users, u.changed, u.known = list.Users, info.ModTime(), map[[sha256.Size]byte]string{}
	return nil
}

func checkUsers(users []User, judged *leases.Judged) {
	if len(users) == 0 {
		judged.Reportf("users", "there are none (found an empty list, want somebody who may use leases)")
	}
	seen := map[string]bool{}
	for i := range users {
		u := &users[i]
		at := fmt.Sprintf("users[%d]", i)
		switch {
		case u.Name == "" || strings.Contains(u.Name, ":"):
			judged.Reportf(at+".name", "the name does not fit (found %q, want one without a colon)", u.Name)
		case seen[u.Name]:
			judged.Reportf(at+".name", "two users have this name (found %q again, want another)", u.Name)
		}
		seen[u.Name] = true
		u.check(at, judged)
	}
}

// check finds what is wrong with a user's secrets and owners. It shows no secret.
func (u *User) check(at string, judged *leases.Judged) {
	if u.Password == "" && u.Token == "" {
		judged.Reportf(at, "the user cannot be told from others (found neither, want a password or a token)")
	}
	if u.Password != "" {
		if _, err := bcrypt.Cost([]byte(u.Password)); err != nil {
			judged.Reportf(at+".password", "not a bcrypt hash (found other text, want what htpasswd -nB makes)")
		}
	}
	if raw, err := hex.DecodeString(u.Token); u.Token != "" && (err != nil || len(raw) != sha256.Size) {
		judged.Reportf(at+".token", "not a SHA-256 hash (found %d characters, want %d hexadecimal digits)", len(u.Token), hex.EncodedLen(sha256.Size))
	}
	for j, pattern := range u.Owners {
		if _, err := path.Match(pattern, ""); err != nil {
			judged.Reportf(fmt.Sprintf("%s.owners[%d]", at, j), "not a pattern (found %q, want one such as ci-op-*)", pattern)
		}
	}
}

// of gives the user whose secret a request bears.
func (u *Users) of(r *http.Request) (*User, bool) {
	u.refresh()
	if token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer "); ok {
		return u.byToken(strings.TrimSpace(token))
	}
	if name, password, ok := r.BasicAuth(); ok {
		return u.byPassword(name, password)
	}
	return nil, false
}

// refresh reads the file again, if it is time to look and it has changed. One
// that cannot be read leaves everything as it is.
func (u *Users) refresh() {
	u.mu.Lock()
	defer u.mu.Unlock()
	if time.Since(u.looked) >= reread {
		u.looked = time.Now()
		_ = u.read()
	}
}

func (u *Users) byToken(token string) (*User, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	sum := sha256.Sum256([]byte(token))
	for i := range u.users {
		want, err := hex.DecodeString(u.users[i].Token)
		if err == nil && len(want) == sha256.Size && subtle.ConstantTimeCompare(want, sum[:]) == 1 {
			return &u.users[i], true
		}
	}
	return nil, false
}

func (u *Users) byPassword(name, password string) (*User, bool) {
	sum := sha256.Sum256([]byte(name + ":" + password))
	user, known := u.named(name, sum)
	if user == nil || known {
		return user, known
	}
	// Slow on purpose: one at a time, so that whoever guesses cannot take all processors, and not
	// under the lock, so that those who are known do not wait for those who guess.
	u.comparing.Lock()
	err := bcrypt.CompareHashAndPassword([]byte(user.Password), []byte(password))
	u.comparing.Unlock()
	if err != nil {
		return nil, false
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.known[sum] = user.Password
	return user, true
}

// named gives the user of a name that has a password, and whether this password
// is known to be right.
func (u *Users) named(name string, sum [sha256.Size]byte) (*User, bool) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i := range u.users {
		if user := &u.users[i]; user.Name == name && user.Password != "" {
			return user, u.known[sum] == user.Password
		}
	}
	return nil, false
}
